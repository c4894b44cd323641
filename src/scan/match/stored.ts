// The automaton of the rules of the house, kept between runs beside the code that Node compiles and keeps: building it takes
// longer than a small scan. Whoever could change that file could change the code there as well.
import { readFileSync, renameSync, writeFileSync } from 'node:fs'
import { getCompileCacheDir } from 'node:module'
import { join } from 'node:path'
import { buildAutomaton, type Automaton } from './automaton.ts'

/** The automaton of the words, from the last run where there was one with the same. */
export function loadAutomaton(words: string[]): Automaton {
  const folder = getCompileCacheDir()
  if (folder === undefined) return buildAutomaton(words)
  const text = words.join('\n')
  const file = join(folder, `scan-keywords-${words.length}-${text.length}`)
  try {
    const kept = readFileSync(file)
    const start = kept.length - text.length
    if (kept.toString('latin1', Math.max(0, start)) === text) return unpack(kept.subarray(0, start))
  } catch {
    // There is none yet, or it was cut short.
  }
  const automaton = buildAutomaton(words)
  keep(file, Buffer.concat([pack(automaton), Buffer.from(text, 'latin1')]))
  return automaton
}

function keep(file: string, bytes: Buffer): void {
  try {
    const draft = `${file}.${process.pid}`
    writeFileSync(draft, bytes, { mode: 0o600 })
    renameSync(draft, file)
  } catch {
    // A folder that cannot be written only costs the next run the same time.
  }
}

const heading = 6

/** Six numbers (width, accepting, longest, and the lengths of the lists), then the lists; the columns as numbers too. */
export function pack({ columns, table, width, accepting, ends, endsAt, longest }: Automaton): Buffer {
  const numbers = new Int32Array(heading + 256 + table.length + ends.length + endsAt.length)
  numbers.set([width, accepting, longest, table.length, ends.length, endsAt.length])
  numbers.set(columns, heading)
  numbers.set(table, heading + 256)
  numbers.set(ends, heading + 256 + table.length)
  numbers.set(endsAt, heading + 256 + table.length + ends.length)
  return Buffer.from(numbers.buffer)
}

/** Throws for anything but what `pack` made. */
export function unpack(bytes: Buffer): Automaton {
  const numbers = new Int32Array(bytes.buffer, bytes.byteOffset, bytes.length >> 2)
  const [width, accepting, longest, states, ends, endsAt] = numbers.subarray(0, heading) as unknown as [number, number, number, number, number, number]
  const tableAt = heading + 256
  if (numbers.length !== tableAt + states + ends + endsAt) throw new Error('not an automaton')
  return {
    width, accepting, longest,
    columns: Uint16Array.from(numbers.subarray(heading, tableAt)),
    table: numbers.subarray(tableAt, tableAt + states),
    ends: numbers.subarray(tableAt + states, tableAt + states + ends),
    endsAt: numbers.subarray(tableAt + states + ends),
  }
}
