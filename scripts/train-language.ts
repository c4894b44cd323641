// Trains the character model of `src/scan/generic/language.ts` on the words of open-source text: identifiers, prose and
// string literals of the folders given. Usage: node scripts/train-language.ts FOLDER...
// Writes the surprisal of each letter after the two before it, in sixteenths of a bit, one byte each.
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const letters = 27
const readable = /\.(?:go|py|js|ts|md|rst|txt|java|rb|c|h)$/

function* files(folder: string): Generator<string> {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name)
    if (entry.isDirectory()) yield* files(path)
    else if (entry.isFile() && readable.test(entry.name) && statSync(path).size < 1 << 20) yield path
  }
}

/** Words, lower case, split at changes of case; with how often and in how many files each occurs. */
function countWords(folders: string[]): Map<string, { times: number; files: number; last: number }> {
  const words = new Map<string, { times: number; files: number; last: number }>()
  let number = 0
  for (const folder of folders) {
    for (const path of files(folder)) {
      number++
      for (const [run] of readFileSync(path, 'utf8').matchAll(/[A-Za-z]+/g)) {
        for (const [word] of run.matchAll(/[A-Z]+(?![a-z])|[A-Z]?[a-z]+/g)) {
          if (word.length > 24) continue
          const key = word.toLowerCase()
          const seen = words.get(key)
          if (!seen) words.set(key, { times: 1, files: 1, last: number })
          else {
            seen.times++
            if (seen.last !== number) seen.files++
            seen.last = number
          }
        }
      }
    }
  }
  return words
}

const counts = new Float64Array(letters ** 3)
let kept = 0
for (const [word, seen] of countWords(process.argv.slice(2))) {
  if (seen.files < 4) continue
  kept++
  const weight = Math.log2(1 + seen.files)
  let before = 0
  let last = 0
  for (const character of word + '`') {
    const code = character === '`' ? 0 : character.charCodeAt(0) - 96
    const at = (before * letters + last) * letters + code
    counts[at] = counts[at]! + weight
    before = last
    last = code
  }
}

/** Interpolates three, two and one letters of context (Witten-Bell), so that an unseen triple still has a fair surprisal. */
function surprisals(): Uint8Array {
  const single = new Float64Array(letters)
  const pair = new Float64Array(letters ** 2)
  counts.forEach((n, at) => {
    single[at % letters]! += n
    pair[at % letters ** 2]! += n
  })
  const total = single.reduce((sum, n) => sum + n, 0)
  const table = new Uint8Array(letters ** 3)
  const blend = (row: Float64Array, from: number, fallback: (code: number) => number): ((code: number) => number) => {
    const slice = row.subarray(from, from + letters)
    const sum = slice.reduce((a, n) => a + n, 0)
    const kinds = slice.reduce((a, n) => a + (n > 0 ? 1 : 0), 0) * 4
    return (code) => (sum === 0 ? fallback(code) : (slice[code]! + kinds * fallback(code)) / (sum + kinds))
  }
  for (let before = 0; before < letters; before++) {
    for (let last = 0; last < letters; last++) {
      const one = (code: number): number => (single[code]! + 1) / (total + letters)
      const two = blend(pair, last * letters, one)
      const three = blend(counts, (before * letters + last) * letters, two)
      for (let code = 0; code < letters; code++) {
        table[(before * letters + last) * letters + code] = Math.min(255, Math.round(-Math.log2(three(code)) * 16))
      }
    }
  }
  return table
}

const text = Buffer.from(surprisals()).toString('base64')
const lines = text.match(/.{1,136}/g)!
writeFileSync(
  new URL('../src/scan/generic/language-table.ts', import.meta.url),
  `// Made by scripts/train-language.ts from ${kept} words of open-source code and prose; see there.\nexport const languageTable = \`\n${lines.join('\n')}\n\`\n`,
)
console.log(`${kept} words`)
