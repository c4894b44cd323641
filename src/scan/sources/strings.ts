// Texts within binary files (heap and core dumps, programs): runs of printable characters, in ASCII and UTF-16.
import { closeSync, openSync, readSync } from 'node:fs'
import type { Finding } from '../finding.ts'
import type { Scanner } from '../match/scanner.ts'
import { Text } from '../match/text.ts'

const pieceSize = 1 << 20
const overlap = 4 << 10
const shortest = 6
const isPrintable = (byte: number): boolean => (byte >= 32 && byte < 127) || byte === 9

/** Findings in the texts of a file, each secret once; the column is the offset in the file from 1, the line always 1. */
export function scanStrings(scanner: Scanner, file: string, path: string): Finding[] {
  const descriptor = openSync(file, 'r')
  const found = new Map<string, Finding>()
  try {
    const buffer = Buffer.allocUnsafe(pieceSize)
    let kept = 0
    for (let start = 0; ; ) {
      const count = readSync(descriptor, buffer, kept, pieceSize - kept, null)
      if (count === 0 && start > 0) break
      const length = kept + count
      for (const { text, offset } of [readRuns(buffer.subarray(0, length), 1), readRuns(buffer.subarray(0, length), 2)]) {
        for (const finding of scanner.scan(new Text(text), { path })) {
          const column = start + offset(finding.line) + 1
          if (!found.has(finding.fingerprint)) found.set(finding.fingerprint, { ...finding, line: 1, endLine: 1, column })
        }
      }
      if (count === 0 || length < pieceSize) break
      kept = overlap
      buffer.copy(buffer, 0, length - overlap, length)
      start += length - overlap
    }
  } finally {
    closeSync(descriptor)
  }
  return [...found.values()]
}

/** The runs as lines, and where each line began; `width` is the bytes of a character. */
export function readRuns(bytes: Uint8Array, width: 1 | 2): { text: Buffer; offset(line: number): number } {
  const text = Buffer.allocUnsafe(bytes.length + 1)
  const offsets: number[] = []
  let length = 0
  for (let at = 0; at < bytes.length; ) {
    let end = at
    while (end + width <= bytes.length && isPrintable(bytes[end]!) && (width === 1 || bytes[end + 1] === 0)) end += width
    if ((end - at) / width >= shortest) {
      offsets.push(at)
      for (let from = at; from < end; from += width) text[length++] = bytes[from]!
      text[length++] = 10
    }
    at = Math.max(end, at + 1)
  }
  return { text: text.subarray(0, length), offset: (line) => offsets[line - 1] ?? 0 }
}
