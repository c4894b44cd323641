// Knows which secrets are yours: the store gives keyed fingerprints of its values, and every place of a text is compared with
// them. Nothing of a value leaves the store but its length, a hash of its first bytes and a digest of the whole, both under
// a key that the store makes for this purpose; who holds the file can test guesses, but read nothing.
import { createHmac, hkdfSync, timingSafeEqual } from 'node:crypto'
import { isTable, stringIn, tablesIn } from './formats/shape.ts'
import type { Finder } from './match/finder.ts'
import type { Text } from './match/text.ts'
import type { Rule } from './rule.ts'
import { ScanError } from './scan-error.ts'
import type { Part } from './setup.ts'
import { readText } from './text-file.ts'

/** Bytes of a value that the first hash covers; shorter values are not compared. */
export const window = 12

/** One value of the store, without the value. */
export interface KnownValue {
  /** Of the first `window` bytes: 32 bits. */
  start: number
  /** In bytes. */
  length: number
  /** HMAC-SHA-256 of the whole value, in hexadecimal. */
  digest: string
  /** Where the store holds it, and which version of it. */
  path: string
  version: number
  owner?: string
  /** Whether this version can still be used. */
  live: boolean
}

/** What the store hands to a scanner. */
export interface KnownSet {
  kind: 'strongroom-known-values'
  /** 32 bytes in Base64; another for every set. */
  key: string
  values: KnownValue[]
}

const most = 1_000_000

/** Keys of the two hashes: the digest's, and a table of 32 random bits for each byte. */
interface Keys {
  digest: Buffer
  bits: Int32Array
}

function keysOf(key: Uint8Array): Keys {
  const derived = Buffer.from(hkdfSync('sha256', key, '', 'strongroom/scan/known/1', 32 + 1024))
  return { digest: derived.subarray(0, 32), bits: Int32Array.from({ length: 256 }, (_, at) => derived.readInt32LE(32 + at * 4)) }
}

const turn = (value: number, count: number): number => (value << count) | (value >>> (32 - count))
const digestOf = (keys: Keys, value: Uint8Array): string => createHmac('sha256', keys.digest).update(value).digest('hex')

/** What a store tells of a value; null for one that is too short to be told from chance. */
export function describeValue(key: Uint8Array, value: Uint8Array): Pick<KnownValue, 'start' | 'length' | 'digest'> | null {
  if (value.length < window) return null
  const keys = keysOf(key)
  let start = 0
  for (let at = 0; at < window; at++) start = turn(start, 1) ^ keys.bits[value[at]!]!
  return { start: start >>> 0, length: value.length, digest: digestOf(keys, value) }
}

const knownRule: Rule = {
  id: 'known-value', about: 'A value of your store', source: 'https://www.rfc-editor.org/rfc/rfc2104', keywords: [], pattern: /(?!)/, hits: [], misses: [],
}

/** Finds the values of a set wherever they stand, inside longer strings and, as every text, inside encoded ones. */
export class KnownFinder implements Finder {
  readonly #keys: Keys
  readonly #byStart = new Map<number, KnownValue[]>()

  constructor(set: KnownSet) {
    this.#keys = keysOf(Buffer.from(set.key, 'base64'))
    for (const value of set.values) {
      const list = this.#byStart.get(value.start | 0)
      if (list) list.push(value)
      else this.#byStart.set(value.start | 0, [value])
    }
  }

  find(text: Text, _place: unknown, found: Parameters<Finder['find']>[2]): void {
    const { bytes, length } = text
    const { bits } = this.#keys
    let hash = 0
    for (let at = 0; at < length; at++) {
      hash = turn(hash, 1) ^ bits[bytes[at]!]!
      if (at >= window) hash ^= turn(bits[bytes[at - window]!]!, window)
      if (at < window - 1) continue
      const values = this.#byStart.get(hash)
      if (values) this.#compare(text, at - window + 1, values, found)
    }
  }

  #compare(text: Text, start: number, values: KnownValue[], found: Parameters<Finder['find']>[2]): void {
    for (const value of values) {
      const end = start + value.length
      if (end > text.length) continue
      const digest = digestOf(this.#keys, text.bytes.subarray(start, end))
      if (!timingSafeEqual(Buffer.from(digest), Buffer.from(value.digest))) continue
      const about = `${value.live ? 'A live value' : 'A former value'} of your store: ${value.path}, version ${value.version}${value.owner ? `, owned by ${value.owner}` : ''}`
      found({ rule: { ...knownRule, about }, secret: text.slice(start, end), start, end, matchStart: start, matchEnd: end, confidence: 'high' })
    }
  }
}

/** Reads a set; throws ScanError for anything else. */
export function readKnown(text: string, file = 'known values'): KnownSet {
  const wrong = new ScanError(`${file}: no known values of a Strongroom store`)
  let set: unknown
  try {
    set = JSON.parse(text)
  } catch {
    throw wrong
  }
  if (!isTable(set) || set.kind !== 'strongroom-known-values' || Buffer.from(stringIn(set, 'key') ?? '', 'base64').length !== 32) throw wrong
  const values = tablesIn(set, 'values', most).map((one): KnownValue => {
    const { start, length, version } = one
    const digest = stringIn(one, 'digest') ?? ''
    if (typeof start !== 'number' || typeof length !== 'number' || length < window || !/^[\da-f]{64}$/.test(digest)) throw wrong
    const owner = stringIn(one, 'owner')
    return { start, length, digest, path: stringIn(one, 'path') ?? '', version: Number(version) || 0, live: one.live === true, ...(owner ? { owner } : {}) }
  })
  return { kind: 'strongroom-known-values', key: stringIn(set, 'key')!, values }
}

/** Looks for the values of the set in the file. */
export const knownPart = (file: string): Part => ({ finders: [new KnownFinder(readKnown(readText(file), file))] })
