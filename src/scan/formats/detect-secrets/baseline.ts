// `.secrets.baseline` of detect-secrets (https://github.com/Yelp/detect-secrets#scan): read, written, brought up to date.
import { createHash } from 'node:crypto'
import type { Finding } from '../../finding.ts'
import { ScanError } from '../../scan-error.ts'
import { isTable, numberIn, stringIn, tableIn, tablesIn, type Table } from '../shape.ts'
import { pluginOf, plugins } from './plugins.ts'

export interface Entry {
  type: string
  filename: string
  /** SHA-1 in hexadecimal: what detect-secrets compares. */
  hashed_secret: string
  is_verified: boolean
  line_number?: number
  /** What an audit said: true, a real secret; false, none. */
  is_secret?: boolean
}

export interface Baseline {
  version: string
  plugins_used: Table[]
  filters_used: Table[]
  results: Map<string, Entry[]>
  /** Whether line numbers and the time are left out. */
  slim: boolean
}

const version = '1.5.0'
const most = 1_000_000
const filters = [
  'allowlist.is_line_allowlisted', 'heuristic.is_indirect_reference', 'heuristic.is_likely_id_string', 'heuristic.is_lock_file', 'heuristic.is_not_alphanumeric_string',
  'heuristic.is_potential_uuid', 'heuristic.is_prefixed_with_dollar_sign', 'heuristic.is_sequential_string', 'heuristic.is_swagger_file', 'heuristic.is_templated_secret',
]

export const hashOf = (secret: string): string => createHash('sha1').update(secret).digest('hex')

export const emptyBaseline = (): Baseline => ({
  version,
  plugins_used: plugins.map(({ name, settings }) => ({ name, ...settings })),
  filters_used: filters.map((path) => ({ path: `detect_secrets.filters.${path}` })),
  results: new Map(),
  slim: false,
})

/** Throws ScanError for a text that is no baseline. */
export function parseBaseline(text: string): Baseline {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    throw new ScanError('no valid JSON')
  }
  if (!isTable(value)) throw new ScanError('not a baseline')
  return readBaseline(value)
}

export function readBaseline(value: Table): Baseline {
  const results = tableIn(value, 'results')
  if (!results) throw new ScanError('results is missing')
  const files = new Map<string, Entry[]>()
  for (const file of Object.keys(results)) files.set(file, tablesIn(results, file, most).map((one) => readEntry(one, file)))
  return {
    version: stringIn(value, 'version') ?? version,
    plugins_used: tablesIn(value, 'plugins_used'),
    filters_used: tablesIn(value, 'filters_used'),
    results: files,
    slim: !Object.hasOwn(value, 'generated_at'),
  }
}

function readEntry(one: Table, file: string): Entry {
  const hash = stringIn(one, 'hashed_secret')
  if (!hash || !/^[\da-f]{40}$/.test(hash)) throw new ScanError('hashed_secret must be 40 hexadecimal digits')
  const line = numberIn(one, 'line_number')
  return {
    type: stringIn(one, 'type') ?? 'Secret Keyword',
    filename: stringIn(one, 'filename') ?? file,
    hashed_secret: hash,
    is_verified: one.is_verified === true,
    ...(line === undefined ? {} : { line_number: line }),
    ...(typeof one.is_secret === 'boolean' ? { is_secret: one.is_secret } : {}),
  }
}

/** The baseline as detect-secrets writes it. */
export function writeBaseline(baseline: Baseline): string {
  const results: Record<string, object[]> = Object.create(null)
  for (const file of [...baseline.results.keys()].sort()) {
    const entries = baseline.results.get(file)!
    if (entries.length > 0) results[file] = entries.toSorted(byPlace).map(({ line_number: line, is_secret, ...rest }) => ({
      ...rest, ...(line === undefined || baseline.slim ? {} : { line_number: line }), ...(is_secret === undefined ? {} : { is_secret }),
    }))
  }
  const { version, plugins_used, filters_used } = baseline
  const generated_at = new Date().toISOString().replace(/\.\d+Z$/, 'Z')
  return JSON.stringify({ version, plugins_used, filters_used, results, ...(baseline.slim ? {} : { generated_at }) }, null, 2) + '\n'
}

const byPlace = (a: Entry, b: Entry): number => (a.line_number ?? 0) - (b.line_number ?? 0) || (a.hashed_secret < b.hashed_secret ? -1 : 1)

/** The entries of findings, one for each secret of a file; without those whose plugin the baseline does not use. */
export function entriesOf(findings: Finding[], baseline: Baseline): Map<string, Entry[]> {
  const used = new Set(baseline.plugins_used.map((plugin) => plugin.name))
  const files = new Map<string, Entry[]>()
  for (const finding of findings) {
    const { name, type } = pluginOf(finding.rule)
    if (used.size > 0 && !used.has(name)) continue
    const entries = files.get(finding.file) ?? []
    files.set(finding.file, entries)
    const hash = hashOf(finding.secret)
    if (!entries.some((entry) => entry.hashed_secret === hash)) entries.push({ type, filename: finding.file, hashed_secret: hash, is_verified: finding.verified === true, line_number: finding.line })
  }
  return files
}

/** A baseline of the findings that keeps what the old one says about them, its plugins and its filters. */
export function updated(old: Baseline, findings: Finding[]): Baseline {
  const results = entriesOf(findings, old)
  for (const [file, entries] of results) {
    const before = new Map(old.results.get(file)?.map((entry) => [entry.hashed_secret, entry]))
    for (const entry of entries) {
      const known = before.get(entry.hashed_secret)
      if (known?.is_secret !== undefined) entry.is_secret = known.is_secret
      if (known) entry.type = known.type
    }
  }
  return { ...old, version, results }
}

/** Whether the baseline holds the secret in that file. */
export const holds = (baseline: Baseline, file: string, secret: string): boolean => {
  const hash = hashOf(secret)
  return baseline.results.get(file)?.some((entry) => entry.hashed_secret === hash) ?? false
}

/** Findings as a new baseline. */
export const formatBaseline = (findings: Finding[]): string => writeBaseline(updated(emptyBaseline(), findings))
