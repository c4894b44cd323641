// Reads a file in pieces of bounded size that overlap, so that a file or line of any length is scanned in little memory.
import { closeSync, openSync, readSync } from 'node:fs'
import type { Finding } from '../finding.ts'
import type { Scanner } from '../match/scanner.ts'
import { Text } from '../match/text.ts'
import { isBinary } from './binary.ts'
import { viewOf } from './view.ts'

const pieceSize = 1 << 20
/** A secret that is longer than this may be cut in two. */
const overlap = 16 << 10

const buffer = Buffer.allocUnsafeSlow(pieceSize)

/** Findings of one file; throws what the file system throws. `path` is what the findings name. */
export function scanFile(scanner: Scanner, file: string, path: string): { findings: Finding[]; bytes: number } {
  const descriptor = openSync(file, 'r')
  try {
    return scanPieces(scanner, path, (target, offset) => readSync(descriptor, target, offset, target.length - offset, null))
  } finally {
    closeSync(descriptor)
  }
}

/** Scans what `read` fills into the buffer from an offset on; `read` returns how many bytes it wrote, 0 at the end. */
export function scanPieces(scanner: Scanner, path: string, read: (target: Buffer, offset: number) => number): { findings: Finding[]; bytes: number } {
  let length = read(buffer, 0)
  if (length < buffer.length) return { findings: scanPiece(scanner, path, length, 0), bytes: length }
  const findings: Finding[] = []
  const seen = new Set<string>()
  let bytes = length
  let baseLine = 0
  for (;;) {
    for (const finding of scanPiece(scanner, path, length, baseLine)) {
      const key = `${finding.line} ${finding.fingerprint}`
      if (!seen.has(key)) findings.push(finding)
      seen.add(key)
    }
    if (length < buffer.length) return { findings, bytes }
    const kept = length - overlap
    for (let at = buffer.indexOf(10); at !== -1 && at < kept; at = buffer.indexOf(10, at + 1)) baseLine++
    buffer.copy(buffer, 0, kept, length)
    length = overlap
    for (let n = read(buffer, length); n > 0; n = length < buffer.length ? read(buffer, length) : 0) {
      length += n
      bytes += n
    }
  }
}

function scanPiece(scanner: Scanner, path: string, length: number, baseLine: number): Finding[] {
  const piece = buffer.subarray(0, length)
  const utf16 = length >= 2 && ((buffer[0] === 0xff && buffer[1] === 0xfe) || (buffer[0] === 0xfe && buffer[1] === 0xff))
  if (utf16) return scanner.scan(new Text(fromUtf16(piece)), { path }, baseLine)
  if (isBinary(piece)) return []
  return scanner.scan(new Text(viewOf(path, piece)), { path }, baseLine)
}

/** UTF-16 of either byte order as UTF-8. */
export function fromUtf16(bytes: Buffer): Buffer {
  const even = Buffer.from(bytes.subarray(2, bytes.length - (bytes.length % 2)))
  if (bytes[0] === 0xfe) even.swap16()
  return Buffer.from(even.toString('utf16le'))
}
