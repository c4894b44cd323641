// Small files that a scan needs whole: configurations and baselines; read, and replaced at once.
import { readFileSync, renameSync, statSync, writeFileSync } from 'node:fs'
import { ScanError } from './scan-error.ts'

const largest = 256 << 20

/** The text of a file; throws ScanError, naming it, where it cannot be read. */
export function readText(file: string): string {
  try {
    if (statSync(file).size > largest) throw new ScanError('too large')
    return readFileSync(file, 'utf8')
  } catch (error) {
    throw new ScanError(`${file}: ${(error as NodeJS.ErrnoException).code ?? (error as Error).message}`)
  }
}

/** Replaces a file at once, so that nobody reads half of it. */
export function replaceFile(file: string, text: string, mode = 0o644): void {
  const draft = `${file}.${process.pid}.tmp`
  writeFileSync(draft, text, { mode })
  renameSync(draft, file)
}
