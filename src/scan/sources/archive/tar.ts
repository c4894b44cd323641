// Reads tar archives: ustar, the names of GNU and pax (https://pubs.opengroup.org/onlinepubs/9799919799/utilities/pax.html).
import { ScanError } from '../../scan-error.ts'
import type { Content } from './content.ts'

export interface Entry {
  name: string
  /** The entry as it lies in the archive; unpacked by `open` where it is packed. */
  content: Content
  /** For entries that are links: where they lead. */
  link?: string
}

const block = 512
const longestName = 1 << 16

export const isTar = (head: Buffer): boolean => head.length >= block && head.toString('latin1', 257, 262) === 'ustar' && checksumHolds(head)

/** The regular files of an archive, and its links; throws ScanError where it is broken. */
export function* readTar(content: Content): Generator<Entry> {
  let named: { path?: string; size?: number; link?: string } = {}
  for (let at = 0; at + block <= content.length; ) {
    const header = content.read(at, at + block)
    if (header.every((byte) => byte === 0)) return
    if (header.length < block || !checksumHolds(header)) throw new ScanError('a header of the tar archive is broken')
    const type = String.fromCharCode(header[156]!)
    const size = named.size ?? numberAt(header, 124, 12)
    const from = at + block
    if (!Number.isSafeInteger(size) || size < 0 || from + size > content.length) throw new ScanError('the tar archive ends within an entry')
    at = from + Math.ceil(size / block) * block
    if (type === 'x' || type === 'L' || type === 'K' || type === 'g') {
      const text = content.read(from, from + Math.min(size, longestName))
      if (type === 'L') named.path = textAt(text, 0, text.length)
      else if (type === 'K') named.link = textAt(text, 0, text.length)
      else if (type === 'x') named = { ...named, ...readRecords(text) }
      continue
    }
    const prefix = header.toString('latin1', 257, 263) === 'ustar\0' ? textAt(header, 345, 155) : ''
    const name = named.path ?? (prefix === '' ? '' : `${prefix}/`) + textAt(header, 0, 100)
    const link = named.link ?? textAt(header, 157, 100)
    named = {}
    if (type === '0' || type === '\0' || type === '7') yield { name: plain(name), content: content.part(from, from + size) }
    else if (type === '1' || type === '2') yield { name: plain(name), content: content.part(from, from), link }
  }
}

/** Names stay within the archive, as they are shown. */
export const plain = (name: string): string => name.replaceAll('\\', '/').split('/').filter((part) => part !== '' && part !== '.' && part !== '..').join('/')

function checksumHolds(header: Buffer): boolean {
  let sum = 8 * 32
  for (let at = 0; at < block; at++) if (at < 148 || at >= 156) sum += header[at]!
  return sum === numberAt(header, 148, 8)
}

/** Octal digits, or GNU's binary form. */
function numberAt(header: Buffer, at: number, length: number): number {
  if (header[at]! >= 128) return header[at] === 128 ? Number(header.readBigUInt64BE(at + length - 8)) : -1
  return parseInt(textAt(header, at, length).trim() || '0', 8)
}

function textAt(bytes: Buffer, at: number, length: number): string {
  const end = bytes.indexOf(0, at)
  return bytes.toString('utf8', at, end === -1 || end > at + length ? at + length : end)
}

/** `length key=value\n`, the length counting itself. */
function readRecords(bytes: Buffer): { path?: string; size?: number; link?: string } {
  const found: { path?: string; size?: number; link?: string } = {}
  for (let at = 0; at < bytes.length; ) {
    const space = bytes.indexOf(32, at)
    const length = space === -1 ? NaN : Number(bytes.toString('latin1', at, space))
    if (!Number.isInteger(length) || length <= space - at + 1 || at + length > bytes.length) break
    const record = bytes.toString('utf8', space + 1, at + length - 1)
    const equals = record.indexOf('=')
    const value = record.slice(equals + 1)
    if (record.startsWith('path=')) found.path = value
    else if (record.startsWith('size=') && /^\d{1,15}$/.test(value)) found.size = Number(value)
    else if (record.startsWith('linkpath=')) found.link = value
    at += length
  }
  return found
}
