// The chain of one writer: each line names its writer and its number; lines that are written together form a group,
// whose first line names the digest of the group before. Markers and every so many lines are signed, so that whoever
// can rewrite the file cannot forge it.
import { createPrivateKey, createPublicKey, generateKeyPairSync, hash as digest, randomBytes, sign, type KeyObject } from 'node:crypto'
import { stamp } from './entry.ts'
import type { Line } from './line.ts'

/** Every line whose number divides by this carries a signature. */
export const signedEvery = 1024
export const noPrevious = '0'.repeat(64)

export type ChainEvent = 'open' | 'close' | 'checkpoint' | 'moved'

/**
 * The end of a chained line: writer, number; in the first line of a group the SHA-256 of the group before (its lines
 * joined by newlines), and a signature where there is one. Logs from before there were groups are groups of one.
 */
export const linkPattern = /,"chain":\{"writer":"([0-9a-f]{32})","seq":(\d{1,15})(?:,"previous":"([0-9a-f]{64})"(?:,"signature":"([A-Za-z0-9+/]{86}==)")?)?\}\}$/

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

/** Lines of a group at the most: an alteration is found to lie in one of so many. */
const mostLines = 64
const newline = 0x0a
const quotation = 0x22

export class Chain {
  readonly writer = randomBytes(16).toString('hex')
  readonly #signing: SigningKey
  readonly #line: Line
  readonly #head = Buffer.from(`,"chain":{"writer":"${this.writer}","seq":`)
  #previous = noPrevious
  #next = 0
  #signed = -1
  // The running group: how many lines it has, where it begins, where its last line begins and ends.
  #lines = 0
  #group = 0
  #from = 0
  #end: number

  /** `line`: where the lines are written, the chain's alone as long as it lasts. */
  constructor(signing: SigningKey, line: Line) {
    this.#signing = signing
    this.#line = line
    this.#end = line.length
  }

  /** Number of the last line; -1 before the first. */
  get last(): number {
    return this.#next - 1
  }

  /** Whether lines follow the last signature. */
  get unsigned(): boolean {
    return this.#signed < this.#next - 1
  }

  /** Where the last line begins. */
  get from(): number {
    return this.#from
  }

  /** Begins a line, and forgets one that was not linked. `joins`: it is written together with the line before. */
  begin(joins: boolean): void {
    const line = this.#line
    line.cut(this.#end)
    if (joins && this.#lines > 0 && this.#lines < mostLines && !line.full && this.#next % signedEvery !== 0) line.byte(newline)
    else {
      if (this.#lines > 0) this.#previous = digest('sha256', line.view(this.#group), 'hex')
      this.#lines = 0
      if (line.full) line.restart()
      this.#group = this.#end = line.length
    }
    this.#from = line.length
  }

  /** Closes the entry that was written since `begin`, without its closing brace, with the next link. */
  link(withSignature = false): void {
    const line = this.#line
    const seq = this.#next++
    line.bytes(this.#head)
    line.digits(seq)
    if (this.#lines++ === 0) {
      line.ascii(',"previous":"')
      line.ascii(this.#previous)
      line.byte(quotation)
    }
    line.ascii('}}')
    if (withSignature || seq % signedEvery === 0) this.#sign(seq)
    this.#end = line.length
  }

  marker(event: ChainEvent, now: number, more: Record<string, unknown> = {}): void {
    this.begin(false)
    this.#line.text(JSON.stringify({ time: stamp(now), type: 'chain', event, key: this.#signing.id, ...more }).slice(0, -1))
    this.link(true)
  }

  #sign(seq: number): void {
    const line = this.#line
    const signature = sign(null, line.view(this.#from), this.#signing.key).toString('base64')
    line.length -= 2
    line.ascii(`,"signature":"${signature}"}}`)
    this.#signed = seq
  }
}
