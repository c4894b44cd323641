// Findings as JSON: the form that scripts rely on.
import type { Finding } from '../finding.ts'

/** One finding with the names that scripts know; `commit` is the id of the commit where the secret first appeared. */
export function toRecord(finding: Finding): Record<string, unknown> {
  const { endLine, about, commit, ...rest } = finding
  return {
    ...rest,
    end_line: endLine,
    description: about,
    ...(commit ? { commit: commit.id, author: commit.author, email: commit.email, date: commit.date, message: commit.message } : {}),
  }
}

export const formatJson = (findings: Finding[]): string => JSON.stringify(findings.map(toRecord), null, 2) + '\n'
export const formatJsonLines = (findings: Finding[]): string => findings.map((finding) => JSON.stringify(toRecord(finding)) + '\n').join('')
