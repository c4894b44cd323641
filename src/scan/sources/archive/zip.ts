// Reads zip archives by their central directory, Zip64 included (https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT).
import { ScanError } from '../../scan-error.ts'
import type { Content } from './content.ts'
import { plain } from './tar.ts'

export interface ZipEntry {
  name: string
  /** As it lies in the archive. */
  content: Content
  method: 'stored' | 'deflated' | 'zstd' | 'unknown'
  encrypted: boolean
  /** Bytes once unpacked, as the archive claims. */
  size: number
}

const end = 0x06054b50
const end64 = 0x06064b50
const locator64 = 0x07064b50
const central = 0x02014b50
const local = 0x04034b50
const methods: Record<number, ZipEntry['method']> = { 0: 'stored', 8: 'deflated', 93: 'zstd' }
const largestDirectory = 64 << 20

export const isZip = (head: Buffer): boolean => head.length >= 4 && (head.readUInt32LE(0) === local || head.readUInt32LE(0) === end)

/** The files of an archive; throws ScanError where it is broken. */
export function* readZip(content: Content): Generator<ZipEntry> {
  const directory = findDirectory(content)
  if (directory.size > largestDirectory) throw new ScanError('the directory of the zip archive is too large')
  const bytes = content.read(directory.offset, directory.offset + directory.size)
  for (let at = 0; at + 46 <= bytes.length; ) {
    if (bytes.readUInt32LE(at) !== central) throw new ScanError('the directory of the zip archive is broken')
    const nameLength = bytes.readUInt16LE(at + 28)
    const extraLength = bytes.readUInt16LE(at + 30)
    const next = at + 46 + nameLength + extraLength + bytes.readUInt16LE(at + 32)
    if (next > bytes.length) throw new ScanError('the directory of the zip archive is broken')
    const name = bytes.toString('utf8', at + 46, at + 46 + nameLength)
    const place = wide(bytes, at, at + 46 + nameLength, extraLength)
    if (!name.endsWith('/')) {
      yield {
        name: plain(name),
        content: dataOf(content, directory.shift + place.offset, place.packed),
        method: methods[bytes.readUInt16LE(at + 10)] ?? 'unknown',
        encrypted: (bytes.readUInt16LE(at + 8) & 1) === 1,
        size: place.size,
      }
    }
    at = next
  }
}

/** The directory's place; `shift` is what stands before the archive, as in programs that unpack themselves. */
function findDirectory(content: Content): { offset: number; size: number; shift: number } {
  const from = Math.max(0, content.length - 65_557)
  const tail = content.read(from, content.length)
  for (let at = tail.length - 22; at >= 0; at--) {
    if (tail.readUInt32LE(at) !== end) continue
    const size = tail.readUInt32LE(at + 12)
    const offset = tail.readUInt32LE(at + 16)
    if (size !== 0xffffffff && offset !== 0xffffffff) return within(content, { offset, size }, from + at)
    const locator = content.read(from + at - 20, from + at)
    if (locator.length < 20 || locator.readUInt32LE(0) !== locator64) break
    const record = Number(locator.readBigUInt64LE(8))
    const header = content.read(record, record + 56)
    if (header.length < 56 || header.readUInt32LE(0) !== end64) break
    return within(content, { offset: Number(header.readBigUInt64LE(48)), size: Number(header.readBigUInt64LE(40)) }, record)
  }
  throw new ScanError('the zip archive has no directory')
}

function within(content: Content, { offset, size }: { offset: number; size: number }, before: number): { offset: number; size: number; shift: number } {
  const shift = before - size - offset
  if (shift < 0 || offset + shift + size > content.length) throw new ScanError('the directory of the zip archive is out of place')
  return { offset: offset + shift, size, shift }
}

/** Sizes and place, from the extra field where 32 bits are not enough. */
function wide(bytes: Buffer, at: number, extra: number, length: number): { packed: number; size: number; offset: number } {
  const place = { size: bytes.readUInt32LE(at + 24), packed: bytes.readUInt32LE(at + 20), offset: bytes.readUInt32LE(at + 42) }
  for (let field = extra; field + 4 <= extra + length; field += 4 + bytes.readUInt16LE(field + 2)) {
    if (bytes.readUInt16LE(field) !== 1) continue
    let next = field + 4
    for (const key of ['size', 'packed', 'offset'] as const) {
      if (place[key] !== 0xffffffff || next + 8 > extra + length) continue
      place[key] = Number(bytes.readBigUInt64LE(next))
      next += 8
    }
  }
  return place
}

function dataOf(content: Content, offset: number, packed: number): Content {
  const header = content.read(offset, offset + 30)
  if (header.length < 30 || header.readUInt32LE(0) !== local) throw new ScanError('an entry of the zip archive is out of place')
  const from = offset + 30 + header.readUInt16LE(26) + header.readUInt16LE(28)
  if (from + packed > content.length) throw new ScanError('the zip archive ends within an entry')
  return content.part(from, from + packed)
}
