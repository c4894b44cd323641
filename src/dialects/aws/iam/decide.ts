// What a policy document says of a request: an explicit deny beats everything. What a statement names and nobody here knows,
// an operator or a condition key, makes an Allow void and leaves a Deny in force.
import { principalOf } from '../arn.ts'
import type { Signer } from '../authenticate.ts'
import { type ValuesOf, firstOf, holds } from './conditions.ts'
import type { Principals, Statement } from './document.ts'
import { fillPattern, matchesFilled, matchesResource } from './pattern.ts'

export interface Question {
  /** `kms:Decrypt` */
  action: string
  /** An ARN, or `*`. */
  resource: string
  signer: Signer
  valuesOf: ValuesOf
}

/** `account`: the account is allowed to let its own policies decide; null: nothing is said. */
export type Decision = 'deny' | 'allow' | 'account' | null

/** The ARNs by which a signer is known: the session of a role is also its role. */
export function namesOf({ arn }: Signer): string[] {
  const [, account, role] = /^arn:aws:sts::(\d+):assumed-role\/([^/]+)\//.exec(arn) ?? []
  return role === undefined ? [arn] : [arn, `arn:aws:iam::${account}:role/${role}`]
}

/** Whether an ARN of a policy or a grant names this signer; a role may be written with its path. */
export function isNamed(written: string, signer: Signer): boolean {
  const name = principalOf(written)
  const own = namesOf(signer)
  if (own.includes(name)) return true
  const [, account, role] = /^arn:aws:iam::(\d+):role\/(?:.+\/)([^/]+)$/.exec(name) ?? []
  return role !== undefined && own.includes(`arn:aws:iam::${account}:role/${role}`)
}

function principalIs({ names, except }: Principals, signer: Signer): 'direct' | 'account' | null {
  const { account } = signer.settings
  const direct = names.some((name) => name === '*' || isNamed(name, signer))
  const whole = names.some((name) => name === account || principalOf(name) === `arn:aws:iam::${account}:root`)
  if (except) return direct || whole ? null : 'direct'
  return direct ? 'direct' : whole ? 'account' : null
}

function covers(statement: Statement, { action, resource, valuesOf }: Question): boolean {
  const acts = statement.actions.some((pattern) => matchesFilled(fillPattern(pattern)!, action.toLowerCase())) !== statement.exceptActions
  if (!acts || statement.resources.length === 0) return acts
  const fits = (pattern: string): boolean => {
    const filled = fillPattern(pattern, statement.variables ? firstOf(valuesOf) : undefined)
    return filled !== null && matchesResource(filled, resource)
  }
  return statement.resources.some(fits) !== statement.exceptResources
}

function meets({ allows, conditions, variables }: Statement, valuesOf: ValuesOf): boolean {
  return conditions.every((condition) => {
    const holding = holds(condition, valuesOf, variables)
    return holding === 'unknown' ? !allows : holding
  })
}

export function decide(statements: readonly Statement[], question: Question): Decision {
  let decision: Decision = null
  for (const statement of statements) {
    const who = statement.principals ? principalIs(statement.principals, question.signer) : 'direct'
    if (who === null || !covers(statement, question) || !meets(statement, question.valuesOf)) continue
    if (!statement.allows) return 'deny'
    if (who === 'direct') decision = 'allow'
    else decision ??= 'account'
  }
  return decision
}
