// What the next commit would add.
import type { Finding } from '../finding.ts'
import type { Scanner } from '../match/scanner.ts'
import { askGit } from './git.ts'
import { scanPatch } from './stream.ts'

/** Findings in the staged lines of the repository, or in those not yet staged, named relative to it. */
export async function scanStaged(scanner: Scanner, repository: string, staged = true): Promise<Finding[]> {
  const patch = await askGit(repository, ['diff', ...(staged ? ['--cached'] : []), '--no-color', '--no-ext-diff', '--no-renames', '--no-textconv', '--diff-filter=ACMRT', '--src-prefix=a/', '--dst-prefix=b/', '-U3'])
  return scanPatch(scanner, [patch])
}
