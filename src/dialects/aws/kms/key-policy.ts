// Key policies: what one says of a request, and whether it may be kept. Text that is no JSON object is kept and decides nothing.
// https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-overview.html
import { AwsFault } from '../errors.ts'
import { type Decision, decide } from '../iam/decide.ts'
import { type Statement, Malformed, documentOf, parseDocument } from '../iam/document.ts'
import { valuesFor } from '../iam/situation.ts'
import { lookup } from '../lookup.ts'
import type { Exchange } from '../operation.ts'
import type { Attributes } from './entry.ts'
import type { Use } from './grant.ts'
import type { Place } from './reference.ts'

interface Kept {
  attributes: Attributes
  aliases: string[]
}

const isDocument = (text: string): boolean => /^\s*[{[]/.test(text)

function judge(exchange: Exchange, statements: readonly Statement[], place: Pick<Place, 'arn'>, kept: Kept, { action = exchange.action, context = {} }: Partial<Use>): Decision {
  const around = { resource: place.arn, tags: kept.attributes.tags ?? {}, context, aliases: kept.aliases.map((alias) => `alias/${alias}`) }
  return decide(statements, { action: `kms:${action}`, resource: place.arn, signer: exchange.signer!, valuesOf: valuesFor(exchange, around) })
}

/** What the policy of a key says; `account` where it has none: then the caller's own policies decide. */
export async function keyPolicySays(exchange: Exchange, place: Place, use: Partial<Use>): Promise<Decision> {
  const kept = await lookup<Kept>(exchange, place.namespace + place.keys, 'attributes', place.name)
  const policy = kept?.attributes.policy
  if (policy === undefined || !isDocument(policy) || !exchange.signer) return 'account'
  const statements = documentOf(policy)
  return statements ? judge(exchange, statements, place, kept!, use) : 'deny'
}

/** Refuses what begins as a document and is none, and what would keep the caller from changing it again. */
export function checkKeyPolicy(exchange: Exchange, text: string, place: Pick<Place, 'arn'>, bypass: boolean | undefined): void {
  if (text.length > 32_768) throw new AwsFault('LimitExceededException', 'The key policy document is larger than 32768 bytes.')
  if (!isDocument(text)) return
  const statements = statementsOf(text)
  const said = judge(exchange, statements, place, { attributes: {}, aliases: [] }, { action: 'PutKeyPolicy' })
  if (!bypass && (said === null || said === 'deny')) throw new AwsFault('MalformedPolicyDocumentException', 'The new key policy will not allow you to update the key policy in the future.')
}

function statementsOf(text: string): Statement[] {
  try {
    const statements = parseDocument(text)
    if (statements.every(({ principals, conditions }) => principals && conditions.every(({ operator }) => operator))) return statements
  } catch (cause) {
    if (!(cause instanceof Malformed)) throw cause
  }
  throw new AwsFault('MalformedPolicyDocumentException', 'The new key policy is malformed or contains invalid elements.')
}
