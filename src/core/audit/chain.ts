// The chain of one writer: each line names its writer, its number and the digest of the line before. Markers and
// every so many lines are signed, so that whoever can rewrite the file cannot forge it.
import { createPrivateKey, createPublicKey, generateKeyPairSync, hash as digest, randomBytes, sign, type KeyObject } from 'node:crypto'
import { stamp } from './entry.ts'
import type { Line } from './line.ts'

/** Every line whose number divides by this carries a signature. */
export const signedEvery = 256
export const noPrevious = '0'.repeat(64)

export type ChainEvent = 'open' | 'close' | 'checkpoint' | 'moved'

/** The end of a chained line: writer, number, digest of the line before, signature. */
export const linkPattern = /,"chain":\{"writer":"([0-9a-f]{32})","seq":(\d{1,15}),"previous":"([0-9a-f]{64})"(?:,"signature":"([A-Za-z0-9+/]{86}==)")?\}\}$/

/** The bytes that a signature covers: the line without the signature itself. */
export const signedPart = (line: string, signature: string): string => line.slice(0, -(`,"signature":"${signature}"}}`.length)) + '}}'

export interface SigningKey {
  key: KeyObject
  /** SHA-256 of the public key's DER form, hexadecimal. */
  id: string
}

export const generateSigningKey = (): string => generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }) as string

export const publicKeyId = (key: KeyObject): string => digest('sha256', key.export({ type: 'spki', format: 'der' }), 'hex')

export function importSigningKey(pem: string): SigningKey {
  const key = createPrivateKey(pem)
  return { key, id: publicKeyId(createPublicKey(key)) }
}

export class Chain {
  readonly writer = randomBytes(16).toString('hex')
  readonly #signing: SigningKey
  readonly #head = Buffer.from(`,"chain":{"writer":"${this.writer}","seq":`)
  #previous = noPrevious
  #next = 0
  #signed = -1

  constructor(signing: SigningKey) {
    this.#signing = signing
  }

  /** Number of the last line; -1 before the first. */
  get last(): number {
    return this.#next - 1
  }

  /** Whether lines follow the last signature. */
  get unsigned(): boolean {
    return this.#signed < this.#next - 1
  }

  /** Closes the entry that stands in `line` from `from` on, without its closing brace, with the next link. */
  link(line: Line, from: number, withSignature = false): void {
    const seq = this.#next++
    line.bytes(this.#head)
    line.ascii(String(seq))
    line.ascii(',"previous":"')
    line.ascii(this.#previous)
    line.ascii('"}}')
    if (withSignature || seq % signedEvery === 0) {
      const signature = sign(null, line.view(from), this.#signing.key).toString('base64')
      line.length -= 2
      line.text(`,"signature":"${signature}"}}`)
      this.#signed = seq
    }
    this.#previous = digest('sha256', line.view(from), 'hex')
  }

  marker(line: Line, from: number, event: ChainEvent, now: number, more: Record<string, unknown> = {}): void {
    line.text(JSON.stringify({ time: stamp(now), type: 'chain', event, key: this.#signing.id, ...more }).slice(0, -1))
    this.link(line, from, true)
  }
}
