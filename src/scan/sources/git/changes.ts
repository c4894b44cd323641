// Which parts of a file's version may hold what the version before did not: every other part stands in both, and what it holds
// was found there.

export interface Range {
  from: number
  to: number
}

/** What tells that both go on alike: so many bytes from the beginning of a line. */
const anchor = 40
/** So many lines of each are compared with each other before the rest is searched, in so many bytes. */
const near = 12
const nearBytes = 2047
/** What was removed may be so long for the end of it to be seen. */
const furthest = 1 << 15

/** The parts of `after` that differ, in order, as small as is quickly found out; an empty one stands where something was removed. */
export function changedParts(before: Buffer, after: Buffer): Range[] {
  const prefix = commonPrefix(before, 0, after, 0)
  if (prefix === after.length && prefix === before.length) return []
  const suffix = commonSuffix(before, after, Math.min(before.length, after.length) - prefix)
  const end = after.length - suffix
  const old = before.subarray(0, before.length - suffix)
  const parts: Range[] = []
  for (let at = prefix, oldAt = prefix; ; ) {
    const next = meet(old, oldAt, after, at, end)
    parts.push({ from: at, to: next === null ? end : next.at })
    if (next === null) return parts
    const same = Math.min(end - next.at, commonPrefix(old, next.oldAt, after, next.at))
    at = next.at + same
    oldAt = next.oldAt + same
    if (at === end && oldAt === old.length) return parts
  }
}

interface Meeting {
  oldAt: number
  at: number
}

/** The next place where both go on alike; null where there is none before the end. */
function meet(old: Buffer, oldFrom: number, after: Buffer, from: number, end: number): Meeting | null {
  const met = meetNear(old, oldFrom, after, from, end) ?? meetFar(old, oldFrom, after, from, end)
  if (met === null) return null
  const back = commonEnd(old, oldFrom, met.oldAt, after, from, met.at)
  return { oldAt: met.oldAt - back, at: met.at - back }
}

const oldStarts = new Int32Array(near)
const starts = new Int32Array(near)

/** Compares the beginnings of the next lines with each other: both go on alike after few of them, as a rule. */
function meetNear(old: Buffer, oldFrom: number, after: Buffer, from: number, end: number): Meeting | null {
  const oldLast = Math.min(old.length - anchor, oldFrom + nearBytes)
  const last = Math.min(end - anchor, from + nearBytes)
  let oldCount = 0
  let count = 0
  for (let sum = 0, oldNext = oldFrom, next = from; ; sum++) {
    if (sum < near) {
      oldNext = findLine(old, oldNext, oldLast)
      if (oldNext <= oldLast) oldStarts[oldCount++] = oldNext++
      next = findLine(after, next, last)
      if (next <= last) starts[count++] = next++
    }
    if (sum >= oldCount + count - 1) return null
    for (let which = Math.max(0, sum - oldCount + 1); which <= sum && which < count; which++) {
      const oldAt = oldStarts[sum - which]!
      const at = starts[which]!
      if (old[oldAt] === after[at] && isAlike(old, oldAt, after, at)) return { oldAt, at }
    }
  }
}

/** Where the next line begins, at the earliest at `from`; what is beyond `last` where none does. */
function findLine(bytes: Buffer, from: number, last: number): number {
  let at = from
  while (at <= last && at > 0 && bytes[at - 1] !== 10) at++
  return at
}

function isAlike(old: Buffer, oldAt: number, after: Buffer, at: number): boolean {
  for (let n = 1; n < anchor; n++) if (old[oldAt + n] !== after[at + n]) return false
  return true
}

/** Searches for lines of `after`, leaving out twice as many each time. */
function meetFar(old: Buffer, oldFrom: number, after: Buffer, from: number, end: number): Meeting | null {
  const searched = old.subarray(oldFrom, oldFrom + furthest)
  let at = after.indexOf(10, from) + 1
  for (let lines = 1; at > 0 && at + anchor <= end; lines *= 2) {
    const found = searched.indexOf(after.subarray(at, at + anchor))
    if (found !== -1) return { oldAt: oldFrom + found, at }
    for (let left = lines; left > 0 && at > 0 && at < end; left--) at = after.indexOf(10, at) + 1
  }
  return null
}

function commonEnd(a: Buffer, aFrom: number, aTo: number, b: Buffer, bFrom: number, bTo: number): number {
  const most = Math.min(aTo - aFrom, bTo - bFrom)
  let count = 0
  while (count < most && a[aTo - count - 1] === b[bTo - count - 1]) count++
  return count
}

const coarse = 1 << 15
const fine = 64

/** How many bytes both have in common from there on. */
function commonPrefix(a: Buffer, aFrom: number, b: Buffer, bFrom: number): number {
  const limit = Math.min(a.length - aFrom, b.length - bFrom)
  const count = inBlocks(limit, (done, size) => a.compare(b, bFrom + done, bFrom + done + size, aFrom + done, aFrom + done + size) === 0)
  let at = count
  while (at < limit && a[aFrom + at] === b[bFrom + at]) at++
  return at
}

/** How many bytes both end with, at most `limit`. */
function commonSuffix(a: Buffer, b: Buffer, limit: number): number {
  const { length } = a
  const count = inBlocks(limit, (done, size) => a.compare(b, b.length - done - size, b.length - done, length - done - size, length - done) === 0)
  let at = count
  while (at < limit && a[length - at - 1] === b[b.length - at - 1]) at++
  return at
}

/** Bytes that are alike as far as blocks tell, which grow until one differs and then shrink. */
function inBlocks(limit: number, alike: (done: number, size: number) => boolean): number {
  let done = 0
  let grows = true
  for (let step = fine * 16; step >= fine && done < limit; ) {
    const size = Math.min(step, limit - done)
    const same = alike(done, size)
    if (same) done += size
    else grows = false
    step = grows ? Math.min(coarse, step * 4) : step >> 2
  }
  return done
}
