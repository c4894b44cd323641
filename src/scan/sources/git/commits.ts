// Who made a commit, when, and what the first line of its message says.
import type { Commit } from '../../finding.ts'
import { askGit } from '../git.ts'

/** The commits by their id; asked for in one go, only for commits that a finding names. */
export async function describeCommits(repository: string, ids: ReadonlySet<string>): Promise<Map<string, Commit>> {
  const commits = new Map<string, Commit>()
  if (ids.size === 0) return commits
  const format = '%H%x00%an%x00%ae%x00%aI%x00%s%x00'
  const answer = await askGit(repository, ['log', '--no-walk=unsorted', '--stdin', '-z', `--format=${format}`], [...ids].join('\n') + '\n')
  const fields = answer.toString('utf8').split('\0')
  for (let at = 0; at + 4 < fields.length; at += 6) {
    const [id, author, email, date, message] = fields.slice(at, at + 5) as [string, string, string, string, string]
    commits.set(id, { id, author, email, date, message })
  }
  return commits
}
