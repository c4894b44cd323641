// What a gitleaks configuration allows (https://github.com/gitleaks/gitleaks#configuration).
import { LinearPattern } from '../../linear/index.ts'
import { ScanError } from '../../scan-error.ts'
import { stringIn, stringsIn, type Table } from '../shape.ts'

export interface Allowlist {
  /** All kinds of conditions that are named must hold, or one of them. */
  all: boolean
  commits: Set<string>
  paths: LinearPattern[]
  regexes: LinearPattern[]
  stopwords: string[]
  target: 'secret' | 'match' | 'line'
  /** Rules that it speaks of; empty: of all. */
  rules: Set<string>
}

/** What is asked about: `line` holds the lines of the match; `commit` is unknown until a history is read. */
export interface Question {
  rule: string
  path: string
  secret: string
  match: string
  line: string
  commit?: string
}

/** Throws ScanError for a pattern that does not compile or an empty list. */
export function readAllowlist(table: Table): Allowlist {
  const target = stringIn(table, 'regexTarget') ?? 'secret'
  if (target !== 'secret' && target !== 'match' && target !== 'line' && target !== '') throw new ScanError(`regexTarget "${target.slice(0, 40)}" is none of secret, match, line`)
  const condition = (stringIn(table, 'condition') ?? 'OR').toUpperCase()
  if (!['OR', '||', 'AND', '&&', ''].includes(condition)) throw new ScanError(`condition "${condition.slice(0, 40)}" is neither OR nor AND`)
  return {
    all: condition === 'AND' || condition === '&&',
    commits: new Set(stringsIn(table, 'commits').map((commit) => commit.toLowerCase())),
    paths: stringsIn(table, 'paths').map(compiled),
    regexes: stringsIn(table, 'regexes').map(compiled),
    stopwords: stringsIn(table, 'stopwords').map((word) => word.toLowerCase()).filter((word) => word !== ''),
    target: target === '' ? 'secret' : target,
    rules: new Set(stringsIn(table, 'targetRules')),
  }
}

const compiled = (source: string): LinearPattern => new LinearPattern(source)

/** Whether the list allows what is asked about; a commit that is not known holds for none. */
export function allows(list: Allowlist, asked: Question): boolean {
  if (list.rules.size > 0 && !list.rules.has(asked.rule)) return false
  const kinds: (() => boolean)[] = []
  if (list.commits.size > 0) kinds.push(() => asked.commit !== undefined && list.commits.has(asked.commit.toLowerCase()))
  if (list.paths.length > 0) kinds.push(() => list.paths.some((path) => path.test(asked.path)))
  if (list.regexes.length > 0) kinds.push(() => list.regexes.some((regex) => regex.test(asked[list.target])))
  if (list.stopwords.length > 0) kinds.push(() => list.stopwords.some((word) => asked.secret.toLowerCase().includes(word)))
  return kinds.length > 0 && (list.all ? kinds.every((holds) => holds()) : kinds.some((holds) => holds()))
}
