// Passwords of database users in SQL: `IDENTIFIED BY '…'`, `WITH PASSWORD '…'`.
import type { Candidate } from '../match/candidate.ts'
import type { Detector } from '../match/matcher.ts'
import type { Text } from '../match/text.ts'
import { judge } from './judge.ts'
import { sqlPassword } from './rules.ts'

const clause = /^(?:identified\s+(?:with\s+\S{1,40}\s+)?by|password)\s+(?:=\s*)?(?:password\s+)?\\?(['"])([^'"\\]{4,128})\\?\1/i

export class Sql implements Detector {
  readonly keywords = ['identified ', 'password \'']

  hit(text: Text, start: number, _end: number, _place: unknown, found: (candidate: Candidate) => void): void {
    const match = clause.exec(text.bytes.toString('latin1', start, Math.min(text.length, start + 240)))
    if (match === null) return
    const secret = match[2]!
    const confidence = judge(secret, 'password', 'password', false)
    if (confidence === null) return
    const from = start + match[0].lastIndexOf(secret)
    found({ rule: sqlPassword, secret, start: from, end: from + secret.length, matchStart: start, matchEnd: start + match[0].length, confidence })
  }
}
