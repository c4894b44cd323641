// `strongroom scan --update FILE`: brings a `.secrets.baseline` up to date, keeping what audits said.
import { existsSync } from 'node:fs'
import { relative } from 'node:path'
import { replaceFile } from '../../text-file.ts'
import type { Settings } from '../../settings.ts'
import { findSecrets } from '../../run.ts'
import { readText } from '../../text-file.ts'
import { emptyBaseline, parseBaseline, updated, writeBaseline } from './baseline.ts'
import { excludedBy, excludePart } from './filters.ts'

/** Returns the exit status: 0 when the file was written, 2 for an error. */
export async function run(settings: Settings, positionals: string[]): Promise<number> {
  const file = settings.update!
  try {
    const old = existsSync(file) ? parseBaseline(readText(file)) : emptyBaseline()
    const { findings } = await findSecrets(settings, positionals, [excludePart(excludedBy(old.filters_used))])
    const name = relative('.', file)
    replaceFile(file, writeBaseline(updated(old, findings.filter((finding) => finding.file !== name))))
    return 0
  } catch (error) {
    process.stderr.write(`strongroom scan: ${(error as Error).message}\n`)
    return 2
  }
}
