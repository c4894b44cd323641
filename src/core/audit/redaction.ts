// Redaction of request and response data: keys stay, values are hashed, at any depth.
import { Unparsed, digitsOf } from '../../kit/json.ts'
import type { Hasher } from './hashing.ts'
import type { Line } from './line.ts'

/** Lists and objects are taken apart down to here; whatever lies deeper is hashed as one JSON text. */
const deepest = 64

type Clear = ReadonlySet<string> | undefined

const comma = 0x2c
const colon = 0x3a
const quotation = 0x22

/** Writes `value` as JSON with strings, numbers and bytes hashed; scalars and lists under a key of `clear` stay readable. */
export function writeHashed(line: Line, value: unknown, clear: readonly string[] | undefined, hasher: Hasher): void {
  put(line, value, clear !== undefined && clear.length > 0 ? new Set(clear) : undefined, false, hasher, 0)
}

function put(line: Line, value: unknown, clear: Clear, open: boolean, hasher: Hasher, depth: number): void {
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array || value instanceof Date) return putLeaf(line, value, open, hasher)
  if (value instanceof Unparsed) return put(line, value.value, clear, open, hasher, depth)
  const digits = digitsOf(value)
  if (digits !== undefined) return open ? line.ascii(digits) : putHash(line, hasher.hash(digits))
  if (depth === deepest) return putHash(line, hasher.hash(JSON.stringify(value)))
  let first = true
  if (Array.isArray(value)) {
    line.byte(0x5b)
    for (const item of value) {
      if (first) first = false
      else line.byte(comma)
      put(line, item, clear, open, hasher, depth + 1)
    }
    return line.byte(0x5d)
  }
  line.byte(0x7b)
  for (const key in value) {
    const member = (value as Record<string, unknown>)[key]
    if (member === undefined || typeof member === 'function') continue
    if (first) first = false
    else line.byte(comma)
    line.quoted(key)
    line.byte(colon)
    put(line, member, clear, clear !== undefined && clear.has(key), hasher, depth + 1)
  }
  line.byte(0x7d)
}

function putHash(line: Line, hash: string): void {
  line.byte(quotation)
  line.ascii(hash)
  line.byte(quotation)
}

function putLeaf(line: Line, value: unknown, open: boolean, hasher: Hasher): void {
  if (value === null || value === undefined) return line.ascii('null')
  if (typeof value === 'boolean') return line.ascii(value ? 'true' : 'false')
  if (typeof value === 'number') return open ? line.ascii(JSON.stringify(value)) : putHash(line, hasher.hashNumber(value))
  const text = scalar(value)
  if (open) line.quoted(text)
  else putHash(line, hasher.hash(text))
}

function scalar(value: unknown): string {
  if (typeof value === 'string') return value
  if (value instanceof Uint8Array) return Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('base64')
  if (value instanceof Date) return value.toISOString()
  return String(value)
}

/** The data of a LIST with its keys counted instead of named (`elide_list_responses`). */
export function elide(data: Record<string, unknown>): Record<string, unknown> {
  const counted = { ...data }
  if (Array.isArray(data['keys'])) counted['keys'] = data['keys'].length
  const info = data['key_info']
  if (typeof info === 'object' && info !== null) counted['key_info'] = Object.keys(info).length
  return counted
}

/** `message` with each value of `sources` that it quotes replaced by its hash. */
export function scrub(message: string, sources: readonly unknown[], hasher: Hasher): string {
  let clean = message
  const visit = (value: unknown, depth: number): void => {
    if (value === null || value === undefined || typeof value === 'boolean' || depth > deepest) return
    if (value instanceof Unparsed) return visit(value.value, depth)
    if (typeof value === 'object' && !(value instanceof Uint8Array)) {
      for (const member of Object.values(value)) visit(member, depth + 1)
      return
    }
    const text = scalar(value)
    // Shorter values are words of the message as often as values.
    if (text.length >= 4 && clean.includes(text)) clean = clean.replaceAll(text, () => hasher.hash(text))
  }
  for (const source of sources) visit(source, 0)
  return clean
}
