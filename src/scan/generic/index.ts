// The detectors of secrets of no known format.
import type { Detector } from '../match/matcher.ts'
import type { Rule } from '../rule.ts'
import { Assignments } from './assignment.ts'
import { Authorizations } from './authorization.ts'
import { Commands } from './command.ts'
import { Named } from './named.ts'
import { Practices } from './practice.ts'
import { Sql } from './sql.ts'
import { Uris } from './uri.ts'

export { genericRules } from './rules.ts'
/** A fresh set, the names of the rules' providers among it; detectors hold the state of one scan, so that each matcher needs its own. */
export const genericDetectors = (rules: readonly Rule[] = []): Detector[] => [
  new Assignments(), new Uris(), new Authorizations(), new Sql(), new Commands(), new Practices(), new Named(rules),
]
