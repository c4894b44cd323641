// Findings that are known and left out. Ours name a secret by its fingerprint alone, so that a baseline still holds when
// the secret moves, the file is renamed or history is rewritten; those of other scanners are read as well.
import { readFileSync } from 'node:fs'
import type { Finding } from './finding.ts'
import { fingerprint } from './fingerprint.ts'
import { isTable, stringIn, tablesIn } from './formats/shape.ts'
import { ScanError } from './scan-error.ts'
import type { Part } from './setup.ts'
import { readText, replaceFile } from './text-file.ts'

const kind = 'strongroom-scan-baseline'
const most = 1_000_000

/** Leaves out what a baseline holds: ours, a `.secrets.baseline` of detect-secrets, or a JSON report of gitleaks. */
export async function baselinePart(file: string): Promise<Part> {
  return readBaseline(readText(file), file)
}

/** Throws ScanError, naming the file, for a text that is none of the three. */
export async function readBaseline(text: string, file = 'baseline'): Promise<Part> {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    throw new ScanError(`${file}: no valid JSON`)
  }
  try {
    if (Array.isArray(value)) return (await import('./formats/gitleaks/report.ts')).reportPart(value)
    if (isTable(value) && value.kind === kind) {
      const known = new Set(tablesIn(value, 'findings', most).map((one) => stringIn(one, 'fingerprint') ?? ''))
      return { finish: (findings) => findings.filter((finding) => !known.has(finding.fingerprint)) }
    }
    if (isTable(value) && isTable(value.results)) return (await import('./formats/detect-secrets/index.ts')).baselinePart(value)
  } catch (error) {
    throw error instanceof ScanError ? new ScanError(`${file}: ${error.message}`) : error
  }
  throw new ScanError(`${file}: neither a baseline of ours, nor of detect-secrets, nor a report of gitleaks`)
}

/** Writes our baseline of the findings, sorted, so that it changes no more than what was found. */
export function writeBaseline(file: string, findings: Finding[]): void {
  const byFingerprint = new Map<string, object>()
  for (const finding of findings) byFingerprint.set(finding.fingerprint, { fingerprint: finding.fingerprint, rule: finding.rule, file: finding.file })
  const sorted = [...byFingerprint].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, one]) => one)
  replaceFile(file, JSON.stringify({ kind, version: 1, findings: sorted }, null, 2) + '\n')
}

const shortestKey = 16

/** Makes fingerprints with the key in the file: who has only them cannot try guesses of weak secrets. */
export function keyPart(file: string): Part {
  let key
  try {
    key = readFileSync(file)
  } catch (error) {
    throw new ScanError(`${file}: ${(error as NodeJS.ErrnoException).code ?? 'cannot be read'}`)
  }
  if (key.length < shortestKey) throw new ScanError(`${file}: a key needs ${shortestKey} bytes at least`)
  return { finish: (findings) => findings.map((finding) => ({ ...finding, fingerprint: fingerprint(finding.secret, key) })) }
}
