// Policy documents in IAM's language, taken apart once.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html
import { isObject } from '../../../kit/field.ts'
import { type Condition, parseConditions } from './conditions.ts'
import { isReserved } from './pattern.ts'

export interface Principals {
  /** ARNs, account numbers, `*`: those under `AWS`. Services and federated users are nobody here. */
  names: string[]
  except: boolean
}

export interface Statement {
  allows: boolean
  /** In lower case. */
  actions: string[]
  exceptActions: boolean
  /** Empty: whatever the policy is attached to. */
  resources: string[]
  exceptResources: boolean
  /** Null in policies that are attached to who asks. */
  principals: Principals | null
  conditions: Condition[]
  /** Whether `${…}` means anything. */
  variables: boolean
}

/** Thrown for what is no policy document. */
export class Malformed extends Error {}

const malformed = (): Malformed => new Malformed('not a policy document')

function textsOf(value: unknown): string[] {
  const all = [value].flat()
  if (all.length === 0 || !all.every((one) => typeof one === 'string')) throw malformed()
  return all as string[]
}

function eitherOf(statement: Record<string, unknown>, name: string): { texts: string[]; except: boolean } {
  const except = statement[name] === undefined
  if (!except && statement[`Not${name}`] !== undefined) throw malformed()
  return { texts: textsOf(statement[except ? `Not${name}` : name]), except }
}

function principalsOf(statement: Record<string, unknown>): Principals | null {
  if (statement.Principal === undefined && statement.NotPrincipal === undefined) return null
  if (statement.Principal !== undefined && statement.NotPrincipal !== undefined) throw malformed()
  const given = statement.Principal ?? statement.NotPrincipal
  const except = statement.Principal === undefined
  if (typeof given === 'string') {
    if (given !== '*') throw malformed()
    return { names: ['*'], except }
  }
  if (!isObject(given) || Object.keys(given).length === 0) throw malformed()
  for (const names of Object.values(given)) textsOf(names)
  return { names: given.AWS === undefined ? [] : textsOf(given.AWS), except }
}

function statementOf(given: unknown, variables: boolean): Statement {
  if (!isObject(given) || (given.Effect !== 'Allow' && given.Effect !== 'Deny')) throw malformed()
  const actions = eitherOf(given, 'Action')
  const resources = given.Resource === undefined && given.NotResource === undefined ? { texts: [], except: false } : eitherOf(given, 'Resource')
  return {
    allows: given.Effect === 'Allow',
    actions: actions.texts.map((action) => action.toLowerCase()),
    exceptActions: actions.except,
    resources: resources.texts,
    exceptResources: resources.except,
    principals: principalsOf(given),
    conditions: given.Condition === undefined ? [] : parseConditions(given.Condition, malformed),
    variables,
  }
}

/** The statements of a document; throws `Malformed`. */
export function parseDocument(text: string): Statement[] {
  let document: unknown
  try {
    document = JSON.parse(text)
  } catch {
    throw malformed()
  }
  if (!isObject(document) || document.Statement === undefined || isReserved(text)) throw malformed()
  const statements = [document.Statement].flat()
  if (statements.length === 0) throw malformed()
  return statements.map((one) => statementOf(one, document.Version === '2012-10-17'))
}

const mostKept = 256
const kept = new Map<string, Statement[] | null>()

/** The same, kept by its text; null where it is no document. */
export function documentOf(text: string): Statement[] | null {
  const ready = kept.get(text)
  if (ready !== undefined) return ready
  let statements: Statement[] | null = null
  try {
    statements = parseDocument(text)
  } catch (cause) {
    if (!(cause instanceof Malformed)) throw cause
  }
  if (kept.size >= mostKept) kept.clear()
  kept.set(text, statements)
  return statements
}
