// A `.env` file about to be committed: whatever its values look like, it is made to hold secrets.
import { readFileSync } from 'node:fs'
import type { Finding } from '../finding.ts'
import { fingerprint } from '../fingerprint.ts'
import { askGit } from '../sources/git.ts'

const isEnvironmentFile = (path: string): boolean => /(?:^|\/)\.env(?:\.[\w.-]+)?$/.test(path) && !/\.(?:example|sample|template|dist|defaults?|schema|test|ci)$/i.test(path)
const assignment = /^[ \t]*(?:export[ \t]+)?[A-Za-z_]\w*[ \t]*=[ \t]*(?=[^\s#])(?!\$\{|["']{2})/m

/** Files of environment variables that the next commit would add to the repository for the first time. */
export async function findEnvironmentFiles(): Promise<Finding[]> {
  const names = (await askGit('.', ['diff', '--cached', '--name-only', '--diff-filter=A', '-z'])).toString('utf8').split('\0')
  return names.filter((path) => isEnvironmentFile(path) && hasValues(path)).map((path) => ({
    rule: 'practice-environment-file', about: 'A file of environment variables would be committed: name it in .gitignore and commit an example without values',
    file: path, line: 1, column: 1, endLine: 1, secret: path, match: path, fingerprint: fingerprint(`environment file ${path}`), confidence: 'medium', verified: null,
  }))
}

function hasValues(path: string): boolean {
  try {
    return assignment.test(readFileSync(path, 'utf8').slice(0, 1 << 20))
  } catch {
    return false
  }
}
