// What is scanned round a change: enough lines for a secret that the change touches, and for what makes it one, to be seen whole.
import type { Range } from './changes.ts'

const leastLines = 8
const leastBytes = 256
/** A line is cut here. */
const mostBytes = 4096
/** Lines of encoded keys belong together: each is little more than a run of so many bytes without a space. */
const denseRun = 40
const mostDense = 16 << 10
/** What stands at the head and foot of such a block. */
const headLines = 5
const newline = 10

/** The windows round the changed parts, in order; those that touch are one. */
export function windowsRound(content: Buffer, parts: Range[]): Range[] {
  const windows: Range[] = []
  for (let at = 0; at < parts.length; at++) {
    const from = before(content, parts[at]!.from)
    while (at + 1 < parts.length && parts[at + 1]!.from - parts[at]!.to < 2 * leastBytes) at++
    const to = behind(content, parts[at]!.to)
    const last = windows.at(-1)
    if (last !== undefined && from <= last.to) last.to = Math.max(last.to, to)
    else if (from < to) windows.push({ from, to })
  }
  return windows
}

function before(content: Buffer, at: number): number {
  let from = linesBefore(content, at, leastLines, leastBytes)
  for (const floor = from - mostDense; from > Math.max(0, floor); ) {
    let line = from
    while (line > Math.max(0, floor) && isDense(content, linesBefore(content, line, 1, 0), line)) line = linesBefore(content, line, 1, 0)
    if (line === from) break
    from = linesBefore(content, line, headLines, 0)
  }
  return from
}

function behind(content: Buffer, at: number): number {
  let to = linesBehind(content, at, leastLines, leastBytes)
  for (const ceiling = Math.min(content.length, to + mostDense); to < ceiling; ) {
    let line = to
    while (line < ceiling && isDense(content, line, linesBehind(content, line, 1, 0))) line = linesBehind(content, line, 1, 0)
    if (line === to) break
    to = linesBehind(content, line, headLines, 0)
  }
  return to
}

/** Start of the line that is at least so many lines and bytes before. */
function linesBefore(content: Buffer, at: number, lines: number, bytes: number): number {
  const floor = Math.max(0, at - mostBytes)
  let left = content[at - 1] === newline ? lines : lines + 1
  for (let from = at; from > floor; from--) {
    if (content[from - 1] !== newline) continue
    if (from < at) left--
    if (left <= 0 && at - from >= bytes) return from
  }
  return floor
}

/** End of the line, its newline included, that is at least so many lines and bytes behind. */
function linesBehind(content: Buffer, at: number, lines: number, bytes: number): number {
  const ceiling = Math.min(content.length, at + mostBytes)
  let left = at === 0 || content[at - 1] === newline ? lines : lines + 1
  for (let to = at; to < ceiling; to++) {
    if (content[to] !== newline) continue
    left--
    if (left <= 0 && to + 1 - at >= bytes) return to + 1
  }
  return ceiling
}

/** Whether one run without a space makes up most of the line. */
function isDense(content: Buffer, from: number, to: number): boolean {
  let run = 0
  let longest = 0
  let seen = 0
  for (let at = from; at < to; at++) {
    if (content[at]! <= 32) run = 0
    else {
      seen++
      if (++run > longest) longest = run
    }
  }
  return longest >= denseRun && longest * 4 >= seen * 3
}
