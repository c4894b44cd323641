// An ordered set of keys in chunks: an insertion moves at most one chunk, a range starts by two binary searches.

import { compareKeys } from '../key.ts'

const chunkSize = 1024

export interface SortedKeys {
  add(key: string): void
  remove(key: string): void
  /** Keys from `from` on, in order; must not be kept across a change. */
  from(from: string): Iterable<string>
}

/** Index of the first of `count` places, ascending, for which `reached` holds. */
function firstWhere(count: number, reached: (index: number) => boolean): number {
  let low = 0
  let high = count
  while (low < high) {
    const middle = (low + high) >>> 1
    if (reached(middle)) high = middle
    else low = middle + 1
  }
  return low
}

export function createSortedKeys(): SortedKeys {
  const chunks: string[][] = [[]]

  const find = (key: string): { at: number; chunk: string[]; index: number } => {
    const at = Math.min(chunks.length - 1, firstWhere(chunks.length, (i) => compareKeys(chunks[i]!.at(-1) ?? '', key) >= 0))
    const chunk = chunks[at]!
    return { at, chunk, index: firstWhere(chunk.length, (i) => compareKeys(chunk[i]!, key) >= 0) }
  }

  return {
    add(key) {
      const { at, chunk, index } = find(key)
      if (chunk[index] === key) return
      chunk.splice(index, 0, key)
      if (chunk.length > chunkSize) chunks.splice(at + 1, 0, chunk.splice(chunkSize >>> 1))
    },
    remove(key) {
      const { at, chunk, index } = find(key)
      if (chunk[index] !== key) return
      chunk.splice(index, 1)
      if (chunk.length === 0 && chunks.length > 1) chunks.splice(at, 1)
    },
    *from(from) {
      const { at, chunk, index } = find(from)
      for (let i = index; i < chunk.length; i++) yield chunk[i]!
      for (let c = at + 1; c < chunks.length; c++) yield* chunks[c]!
    },
  }
}
