// Resource policies: what one says of a request, and whether it may be kept.
// https://docs.aws.amazon.com/secretsmanager/latest/userguide/auth-and-access_resource-policies.html
import { Fault } from '../../../kit/errors.ts'
import { AwsFault } from '../errors.ts'
import { soon } from '../../../kit/soon.ts'
import { type Decision, decide } from '../iam/decide.ts'
import { type Statement, Malformed, documentOf, parseDocument } from '../iam/document.ts'
import { valuesFor } from '../iam/situation.ts'
import { lookup } from '../lookup.ts'
import type { Exchange } from '../operation.ts'
import { type Place, arnOf, settingsOf } from './name.ts'

interface Kept {
  attributes: { policy?: string; kmsKeyId?: string; replicas?: { Region: string }[] }
  mark: string
  tags: Record<string, string>
}

function judge(exchange: Exchange, statements: readonly Statement[], resource: string, tags: Record<string, string>, action: string): Decision {
  return decide(statements, { action: `secretsmanager:${action}`, resource, signer: exchange.signer!, valuesOf: valuesFor(exchange, { resource, tags }) })
}

/** The place with what is kept beside it and what its resource policy gives; audits and throws a refusal where the policy denies. */
export const governed = (exchange: Exchange, place: Place, action = exchange.action): Place | Promise<Place> =>
  soon(lookup<Kept>(exchange, place.namespace + settingsOf(exchange, place).secrets, 'attributes', place.path), (kept) => ruled(exchange, place, action, kept))

function ruled(exchange: Exchange, place: Place, action: string, kept: Kept | null): Place | Promise<Place> {
  if (!kept || !exchange.signer || (place.mark !== undefined && place.mark !== kept.mark)) return place
  const { policy, kmsKeyId, replicas = [] } = kept.attributes
  const known = replicas.length > 0 ? { ...place, replicas: replicas.map(({ Region }) => Region) } : place
  if (policy === undefined) return known
  const arn = arnOf(exchange, place, kept.mark)
  const statements = documentOf(policy)?.filter((one) => !(place.owner && isOpen(one)))
  const said = statements ? judge(exchange, statements, arn, kept.tags, action) : 'deny'
  if (said === 'deny') return exchange.refuse(new Fault('denied', undefined, { reason: ['resource-deny'] }))
  if (!place.owner) return said === 'allow' ? { ...known, allowedBy: arn } : known
  // Another account is let in by what names it or the caller, not by what is for everybody; whether he may go is for his own policies.
  return said === null ? known : { ...known, allowedBy: arn, usualKey: kmsKeyId === undefined }
}

const malformed = (message: string): AwsFault => new AwsFault('MalformedPolicyDocumentException', message)

/** The statements of a policy for a secret; throws where it is none. */
export function statementsOf(text: string): Statement[] {
  try {
    JSON.parse(text)
  } catch {
    throw malformed('This resource policy contains invalid Json.')
  }
  try {
    const statements = parseDocument(text)
    if (statements.every(({ principals, conditions }) => principals && conditions.every(({ operator }) => operator))) return statements
  } catch (cause) {
    if (!(cause instanceof Malformed)) throw cause
  }
  throw malformed('This resource policy contains a malformed policy document.')
}

/** Keys that bound who is meant, or from where. https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html */
const bounding = new Set(['aws:principalarn', 'aws:principalaccount', 'aws:principalorgid', 'aws:principalorgpaths', 'aws:userid', 'aws:sourceaccount', 'aws:sourcearn', 'aws:sourceip', 'aws:sourcevpc', 'aws:sourcevpce', 'aws:username'])

/** Whether a statement opens the secret to everybody. */
const isOpen = ({ allows, principals, conditions }: Statement): boolean =>
  allows && principals !== null && (principals.except || principals.names.includes('*')) &&
  !conditions.some(({ operator, key, ifExists, wanted }) => operator && !operator.negated && operator.name !== 'Null' && !ifExists && bounding.has(key) && !wanted.includes('*'))

export const isPublic = (statements: readonly Statement[]): boolean => statements.some(isOpen)

/** Whether the caller could not change the policy again. */
export const locksOut = (exchange: Exchange, statements: readonly Statement[], resource: string, tags: Record<string, string>): boolean => exchange.signer !== null && judge(exchange, statements, resource, tags, 'PutResourcePolicy') === 'deny'
