// Going through a `.secrets.baseline`: asks what each finding is, and reports what was said.
import { readFileSync } from 'node:fs'
import type { Finding } from '../../finding.ts'
import { redact } from '../../report/redact.ts'
import type { Baseline, Entry } from './baseline.ts'
import { hashOf } from './baseline.ts'

/** Finds the secrets of a file again, as a baseline holds only their digests. */
export type Rescan = (file: string) => Finding[]

export interface ReportLine {
  category: 'VERIFIED_TRUE' | 'VERIFIED_FALSE' | 'UNVERIFIED'
  filename: string
  lines: Record<string, string>
  secrets: string
  types: string[]
}

const categoryOf = (entry: Entry): ReportLine['category'] => (entry.is_secret === true ? 'VERIFIED_TRUE' : entry.is_secret === false ? 'VERIFIED_FALSE' : 'UNVERIFIED')

/** What `audit --report` prints: one line for each secret of a file, with what an audit said. Secrets are hidden unless `show`. */
export function reportOf(baseline: Baseline, rescan: Rescan, choose: { only?: ReportLine['category']; show?: boolean } = {}): ReportLine[] {
  const report: ReportLine[] = []
  for (const [file, entries] of baseline.results) {
    const known = new Map(rescan(file).map((finding) => [hashOf(finding.secret), finding]))
    const text = linesOf(file)
    for (const entry of entries) {
      const category = categoryOf(entry)
      if (choose.only && category !== choose.only) continue
      const finding = known.get(entry.hashed_secret)
      const line = finding?.line ?? entry.line_number
      const hidden = finding ? (choose.show ? finding.secret : redact(finding.secret)) : ''
      const shown = line === undefined || !finding ? undefined : text[line - 1]?.replaceAll(finding.secret, hidden)
      report.push({ category, filename: file, lines: line === undefined ? {} : { [line]: shown?.slice(0, 500) ?? '' }, secrets: hidden, types: [entry.type] })
    }
  }
  return report
}

/** How many secrets there are of each kind and what an audit said about them. */
export function statsOf(baseline: Baseline): Record<string, Record<string, number>> {
  const stats: Record<string, Record<string, number>> = Object.create(null)
  for (const entries of baseline.results.values()) {
    for (const entry of entries) {
      const row = (stats[entry.type] ??= { 'true-positives': 0, 'false-positives': 0, unknown: 0 })
      row[entry.is_secret === true ? 'true-positives' : entry.is_secret === false ? 'false-positives' : 'unknown']!++
    }
  }
  return stats
}

function linesOf(file: string): string[] {
  try {
    return readFileSync(file, 'utf8').split('\n')
  } catch {
    return []
  }
}

export interface Talk {
  say(text: string): void
  /** The answer in lower case; null at the end of the input. */
  ask(question: string): Promise<string | null>
}

const context = 5
const question = 'Should this string be committed to the repository? (y)es, (n)o, (s)kip, (b)ack, (q)uit: '

/** Asks about every finding that has no label; sets the labels in the baseline. Returns how many were set. */
export async function audit(baseline: Baseline, rescan: Rescan, talk: Talk): Promise<number> {
  const open = [...baseline.results].flatMap(([file, entries]) => entries.filter((entry) => entry.is_secret === undefined).map((entry) => ({ file, entry })))
  if (open.length === 0) talk.say('Nothing to audit.\n')
  const labelled = new Set<Entry>()
  for (let at = 0; at < open.length; ) {
    const { file, entry } = open[at]!
    talk.say(describe(file, entry, rescan, at + 1, open.length))
    const answer = (await talk.ask(question))?.[0]
    if (answer === undefined || answer === 'q') break
    if (answer === 'b') at = Math.max(0, at - 1)
    else if (answer === 's') at++
    else if (answer === 'y' || answer === 'n') {
      entry.is_secret = answer === 'n'
      labelled.add(entry)
      at++
    }
  }
  return labelled.size
}

function describe(file: string, entry: Entry, rescan: Rescan, number: number, count: number): string {
  const heading = `\nSecret:      ${number} of ${count}\nFilename:    ${file}\nSecret Type: ${entry.type}\n${'-'.repeat(40)}\n`
  const finding = rescan(file).find((one) => hashOf(one.secret) === entry.hashed_secret)
  if (!finding) return heading + 'The secret is no longer in this file: scan again with --update.\n'
  const lines = linesOf(file)
  const from = Math.max(0, finding.line - 1 - context)
  const shown = lines.slice(from, finding.line + context).map((line, n) => `${from + n + 1 === finding.line ? '>' : ' '}${String(from + n + 1).padStart(5)}: ${line.slice(0, 300)}`)
  return heading + shown.join('\n') + '\n'
}
