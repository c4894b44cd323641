// Which blobs were scanned before, so that the next scan of the history reads only new ones. The file holds object ids and
// a digest of what was looked for; it counts for nothing once that is something else. It is written while the scan goes on:
// one that was interrupted goes on where it was, and finds again what it had not reported yet.
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
  readonly #unreported: string[] = []
  #written = Date.now()

  /** `besides` says what is looked for beside the rules. */
  constructor(file: string, rules: readonly Rule[], besides: readonly string[] = []) {
    this.#file = file
    const digest = createHash('sha256')
    for (const rule of rules) digest.update(`${rule.id} ${rule.pattern.source}\n`)
    for (const text of besides) digest.update(`${text.length}\n${text}\n`)
    this.#heading = `${kind} ${digest.digest('hex')}`
    const [heading, ...ids] = existsSync(file) ? readText(file).split('\n') : []
    this.known = new Set(heading === this.#heading ? ids.filter((id) => /^(?:[\da-f]{40}|[\da-f]{64})$/.test(id)) : [])
  }

  /** Remembers a blob that was scanned; one with findings not before they are reported. */
  add(blob: string, findings: number): void {
    if (findings > 0) this.#unreported.push(blob)
    else this.known.add(blob)
    if (Date.now() - this.#written > everyMilliseconds) this.write()
  }

  /** Remembers everything, once the findings are reported. */
  finish(): void {
    for (const blob of this.#unreported.splice(0)) this.known.add(blob)
    this.write()
  }

  write(): void {
    replaceFile(this.#file, [this.#heading, ...this.known, ''].join('\n'))
    this.#written = Date.now()
  }
}
