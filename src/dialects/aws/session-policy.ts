// Session policies: a document in IAM's language that narrows a temporary key. What it does not plainly allow is refused;
// conditions are not evaluated, so a statement that has one allows nothing and denies everything it names.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html
import { isObject } from '../../kit/field.ts'
import { AwsFault } from './errors.ts'

interface Statement {
  effect: 'Allow' | 'Deny'
  actions: string[]
  exceptActions: boolean
  resources: string[]
  exceptResources: boolean
  conditional: boolean
}

const malformed = (): AwsFault => new AwsFault('MalformedPolicyDocumentException', 'The policy document is malformed.')
const mostParsed = 1000
const parsed = new Map<string, Statement[]>()

const texts = (value: unknown): string[] => {
  const all = [value].flat()
  if (all.length === 0 || !all.every((one) => typeof one === 'string')) throw malformed()
  return all as string[]
}

/** The statements of a document; throws `MalformedPolicyDocument`. */
export function parseSessionPolicy(text: string): Statement[] {
  const ready = parsed.get(text)
  if (ready) return ready
  let document: unknown
  try {
    document = JSON.parse(text)
  } catch {
    throw malformed()
  }
  if (!isObject(document) || document.Statement === undefined) throw malformed()
  const statements = [document.Statement].flat().map((one): Statement => {
    if (!isObject(one) || (one.Effect !== 'Allow' && one.Effect !== 'Deny')) throw malformed()
    return {
      effect: one.Effect,
      actions: texts(one.Action ?? one.NotAction).map((action) => action.toLowerCase()),
      exceptActions: one.Action === undefined,
      resources: texts(one.Resource ?? one.NotResource),
      exceptResources: one.Resource === undefined,
      conditional: isObject(one.Condition) && Object.keys(one.Condition).length > 0,
    }
  })
  if (parsed.size >= mostParsed) parsed.clear()
  parsed.set(text, statements)
  return statements
}

/** `*` is any text, `?` any character; linear but for the number of stars. */
export function matchesWildcard(pattern: string, text: string): boolean {
  let [p, t, star, from] = [0, 0, -1, 0]
  while (t < text.length) {
    if (pattern[p] === '*') [star, from] = [p++, t]
    else if (p < pattern.length && (pattern[p] === '?' || pattern[p] === text[t])) [p, t] = [p + 1, t + 1]
    else if (star >= 0) [p, t] = [star + 1, ++from]
    else return false
  }
  while (pattern[p] === '*') p++
  return p === pattern.length
}

function covers(statement: Statement, action: string, resource: string): boolean {
  const acts = statement.actions.some((pattern) => matchesWildcard(pattern, action.toLowerCase())) !== statement.exceptActions
  return acts && statement.resources.some((pattern) => matchesWildcard(pattern, resource)) !== statement.exceptResources
}

/** Whether the document lets `action` (`service:Operation`) be done to `resource`, an ARN or `*`. */
export function sessionAllows(text: string, action: string, resource: string): boolean {
  const about = parseSessionPolicy(text).filter((statement) => covers(statement, action, resource))
  return !about.some((statement) => statement.effect === 'Deny') && about.some((statement) => statement.effect === 'Allow' && !statement.conditional)
}
