// The ciphertext blob: which key and version sealed it, then what the transit engine sealed. And the encryption context as
// associated data: the pairs in order, so that equal contexts are equal bytes.
import { hash } from 'node:crypto'
import { AwsFault } from '../errors.ts'
import { map, string } from '../shape.ts'

export const encryptionContext = map(string())
const mostContext = 8192

/** Base64 of the canonical form, or nothing for an empty context. */
export function associatedOf(context: Record<string, string> | undefined): { associated_data?: string } {
  const pairs = Object.entries(context ?? {})
  if (pairs.length === 0) return {}
  if (pairs.length > 1) pairs.sort(([a], [b]) => (a < b ? -1 : 1))
  const text = JSON.stringify(pairs)
  if (text.length > mostContext) throw new AwsFault('ValidationException', `Encryption context cannot be larger than ${mostContext} bytes.`)
  return { associated_data: Buffer.from(text).toString('base64') }
}

/** Every answer about a key tells it: few are asked for at a time. */
const known = new Map<string, string>()
const mostKnown = 1000

/** The id that stands for the material of a version of a key. */
export function materialId(name: string, version: number): string {
  const material = `${name}/${version}`
  let id = known.get(material)
  if (id === undefined) {
    if (known.size >= mostKnown) known.clear()
    known.set(material, (id = hash('sha256', material, 'hex')))
  }
  return id
}

/** The version in what the engine sealed: `vault:vN:BASE64`. */
export const versionOfSealed = (sealed: string): number => Number.parseInt(sealed.slice(7), 10)

const header = 0x01
const kind = 0x73

/** `sealed`: `vault:vN:BASE64`. Layout: two constant bytes, length of the name, name, version (4 bytes), sealed bytes. Base64. */
export function formatBlob(name: string, sealed: string): string {
  const at = sealed.indexOf(':', 7)
  const nameBytes = Buffer.byteLength(name)
  const bodyBytes = Buffer.byteLength(sealed.slice(at + 1), 'base64')
  const blob = Buffer.allocUnsafe(7 + nameBytes + bodyBytes)
  blob[0] = header
  blob[1] = kind
  blob[2] = nameBytes
  blob.write(name, 3)
  blob.writeUInt32BE(Number(sealed.slice(7, at)), 3 + nameBytes)
  blob.write(sealed.slice(at + 1), 7 + nameBytes, 'base64')
  return blob.toString('base64')
}

/** The key's name and what the engine opens, or null where this is no blob. */
export function parseBlob(blob: Buffer): { name: string; sealed: string } | null {
  const nameBytes = blob[2] ?? 0
  const body = 7 + nameBytes
  if (blob[0] !== header || blob[1] !== kind || nameBytes === 0 || blob.length <= body) return null
  const name = blob.toString('utf8', 3, 3 + nameBytes)
  if (!/^\w(?:[\w.@-]*\w)?$/.test(name)) return null
  return { name, sealed: `vault:v${blob.readUInt32BE(3 + nameBytes)}:${blob.toString('base64', body)}` }
}
