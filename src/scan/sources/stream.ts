// Standard input: a patch is read as one, anything else as a file of any length.
import { readSync } from 'node:fs'
import type { Finding } from '../finding.ts'
import type { Scanner } from '../match/scanner.ts'
import { scanPieces } from './chunks.ts'
import { isPatch, PatchScanner } from './patch.ts'

const lineLimit = 1 << 20

/** Findings of what a file descriptor gives, 0 by default; a file without a name is called `(stdin)`. */
export function scanDescriptor(scanner: Scanner, descriptor = 0, name = '(stdin)'): Finding[] {
  const head = Buffer.allocUnsafe(8192)
  const length = readMore(descriptor, head, 0, head.length)
  if (isPatch(head.toString('latin1', 0, length))) return scanPatch(scanner, patchChunks(descriptor, head.subarray(0, length)))
  let handed = 0
  return scanPieces(scanner, name, (target, offset) => {
    if (handed < length) {
      const copied = head.copy(target, offset, handed, length)
      handed += copied
      const more = offset + copied < target.length ? readMore(descriptor, target, offset + copied, target.length - offset - copied) : 0
      return copied + more
    }
    return readMore(descriptor, target, offset, target.length - offset)
  }).findings
}

/** Fills as much as asked for unless the input ends; a terminal or pipe without data is waited for. */
function readMore(descriptor: number, target: Buffer, offset: number, count: number): number {
  let filled = 0
  while (filled < count) {
    let read
    try {
      read = readSync(descriptor, target, offset + filled, count - filled, null)
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException
      if (code === 'EOF') break
      if (code !== 'EAGAIN') throw error
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5)
      continue
    }
    if (read === 0) break
    filled += read
  }
  return filled
}

function* patchChunks(descriptor: number, head: Buffer): Generator<Buffer> {
  yield head
  const buffer = Buffer.allocUnsafe(1 << 16)
  for (let read = readMore(descriptor, buffer, 0, buffer.length); read > 0; read = readMore(descriptor, buffer, 0, buffer.length)) yield buffer.subarray(0, read)
}

/** Findings in the added lines of a patch; lines beyond a megabyte are cut. */
export function scanPatch(scanner: Scanner, chunks: Iterable<Buffer>): Finding[] {
  const findings: Finding[] = []
  const patch = new PatchScanner(scanner, (finding) => findings.push(finding))
  let rest = ''
  for (const chunk of chunks) {
    const lines = (rest + chunk.toString('latin1')).split('\n')
    rest = lines.pop()!.slice(0, lineLimit)
    for (const line of lines) patch.line(line)
  }
  if (rest !== '') patch.line(rest)
  patch.end()
  return findings
}
