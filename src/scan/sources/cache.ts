// Which blobs were scanned before, so that the next scan of the history reads only new ones. The file holds object ids and
// a digest of the rules; with other rules it counts for nothing. It is written while the scan goes on: one that was
// interrupted goes on where it was.
import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import type { Rule } from '../rule.ts'
import { readText, replaceFile } from '../text-file.ts'

const kind = 'strongroom-scan-cache'
const everyMilliseconds = 20_000

export class BlobCache {
  /** Ids of the blobs that need no scan. */
  readonly known: Set<string>
  readonly #file: string
  readonly #heading: string
  #written = Date.now()

  constructor(file: string, rules: readonly Rule[]) {
    this.#file = file
    const digest = createHash('sha256')
    for (const rule of rules) digest.update(`${rule.id} ${rule.pattern.source}\n`)
    this.#heading = `${kind} ${digest.digest('hex')}`
    const [heading, ...ids] = existsSync(file) ? readText(file).split('\n') : []
    this.known = new Set(heading === this.#heading ? ids.filter((id) => /^(?:[\da-f]{40}|[\da-f]{64})$/.test(id)) : [])
  }

  /** Remembers a blob whose findings have been handed over. */
  add(blob: string): void {
    this.known.add(blob)
    if (Date.now() - this.#written > everyMilliseconds) this.write()
  }

  write(): void {
    replaceFile(this.#file, [this.#heading, ...this.known, ''].join('\n'))
    this.#written = Date.now()
  }
}
