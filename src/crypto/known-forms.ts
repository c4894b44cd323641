// Secrets as a scanner may know them: keyed digests of each form in which a text can hold one, and a rolling hash of each form's
// first bytes, so that one is found at any place of a longer text. Whoever holds the values makes these; only they leave it.
// The key goes to those alone who may scan: with it, values that can be guessed can be guessed.
import { createHmac } from 'node:crypto'

/** Bytes that the rolling hash covers. Forms that are shorter have no fingerprint. */
export const windowSize = 8

/** What a file of fingerprints says that it is. */
export const knownKind = 'strongroom-known-secrets'

export interface Form {
  name: 'plain' | 'base64' | 'base64url' | 'hex' | 'percent' | 'json'
  /** Bytes. */
  length: number
  /** The rolling hash of the first bytes. */
  roll: number
  /** HMAC-SHA-256 of all bytes, 64 hexadecimal digits. */
  digest: string
}

/** What the store says of a secret. */
export interface KnownSecret {
  path: string
  /** 0 where the store keeps no versions. */
  version: number
  /** Which of the secret's values it is. */
  field?: string
  owner?: string
  /** Whether it is in use: enabled, and neither deleted nor replaced. */
  live: boolean
  forms: Form[]
}

export const digestOf = (key: Uint8Array, bytes: Uint8Array): string => createHmac('sha256', key).update('strongroom/scan/known/1\0').update(bytes).digest('hex')

/** Tells keys apart without telling them: 16 hexadecimal digits. */
export const keyIdOf = (key: Uint8Array): string => createHmac('sha256', key).update('strongroom/scan/key/1').digest('hex').slice(0, 16)

/** The rolling hash of a key: the texts of two keys share nothing. */
export class Roll {
  readonly table: Int32Array

  constructor(key: Uint8Array) {
    this.table = new Int32Array(256)
    for (let at = 0; at < 256; at += 8) {
      const block = createHmac('sha256', key).update(`strongroom/scan/roll/1/${at}`).digest()
      for (let n = 0; n < 8; n++) this.table[at + n] = block.readInt32LE(n * 4)
    }
  }

  /** The hash of the window that begins at `at`. */
  of(bytes: Uint8Array, at = 0): number {
    let hash = 0
    for (let n = at; n < at + windowSize; n++) hash = ((hash << 1) | (hash >>> 31)) ^ this.table[bytes[n]!]!
    return hash
  }
}

/** The fingerprints of a value; none where it is shorter than the window. */
export function formsOf(key: Uint8Array, roll: Roll, value: Uint8Array): Form[] {
  const texts = new Map<string, Form['name']>()
  for (const [name, bytes] of textsOf(Buffer.from(value))) if (bytes.length >= windowSize && !texts.has(bytes.toString('latin1'))) texts.set(bytes.toString('latin1'), name)
  return [...texts].map(([text, name]) => {
    const bytes = Buffer.from(text, 'latin1')
    return { name, length: bytes.length, roll: roll.of(bytes), digest: digestOf(key, bytes) }
  })
}

/** How a text may spell the value. In Base64 it looks different at each of three places; what stands at its ends depends on its neighbours and is left out. */
function* textsOf(value: Buffer): Generator<[Form['name'], Buffer]> {
  yield ['plain', value]
  for (let before = 0; before < 3; before++) {
    const padded = Buffer.concat([Buffer.alloc(before), value])
    const from = Math.ceil((before * 8) / 6)
    const to = Math.floor((padded.length * 8) / 6)
    yield ['base64', Buffer.from(padded.toString('base64').slice(from, to))]
    yield ['base64url', Buffer.from(padded.toString('base64url').slice(from, to))]
  }
  yield ['hex', Buffer.from(value.toString('hex'))]
  yield ['hex', Buffer.from(value.toString('hex').toUpperCase())]
  const text = value.toString('utf8')
  yield ['percent', Buffer.from(encodeURIComponent(text.toWellFormed()))]
  yield ['json', Buffer.from(JSON.stringify(text).slice(1, -1))]
}
