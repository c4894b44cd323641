// Calls to the transit engine about one key: with the caller's rights or, where those do not reach, under a grant;
// and the engine's refusals in the words of KMS.
import { Fault } from '../../../kit/errors.ts'
import type { Operation } from '../../../kit/route.ts'
import type { Signer } from '../authenticate.ts'
import { AwsFault } from '../errors.ts'
import type { Exchange } from '../operation.ts'
import { type StoredGrant, type Use, covers } from './grant.ts'
import { type Place, absent, isAbsent, lookup } from './reference.ts'
import { specWord, usageOf } from './specs.ts'

export interface Terms extends Partial<Use> {
  /** For errors about keys that do not fit. */
  algorithm?: string
}

/** One call about a key. `path`: with `:name` where the key stands; `action` default: the request's own. */
export async function ask(exchange: Exchange, place: Place, op: Operation, path: string, body: Record<string, unknown> = {}, terms: Terms = {}): Promise<Record<string, any>> {
  const full = exchange.settings.keys + path.replace(':name', place.name)
  try {
    return await exchange.ask(op, full, body, place.namespace)
  } catch (cause) {
    if (!(cause instanceof Fault) || cause instanceof AwsFault) throw cause
    if (cause.code !== 'denied' && cause.code !== 'unauthenticated') throw explained(exchange, place, cause, terms)
    const grantee = await granteeFor(exchange, place, op, full, terms)
    if (!grantee) throw cause
    return exchange.ask(op, full, body, place.namespace, grantee).catch((refusal: unknown) => {
      throw refusal instanceof Fault ? explained(exchange, place, refusal, terms) : refusal
    })
  }
}

/** The caller with the rights that a grant gives for this one call, or null. What a policy denies outright no grant gives. */
async function granteeFor(exchange: Exchange, place: Place, op: Operation, path: string, { action = exchange.action, ...use }: Terms): Promise<Signer | null> {
  const { signer, core } = exchange
  if (!signer) return null
  const session = await core.gate.session(signer.token)
  const decision = session.acl.allows({ operation: op === 'write' ? 'update' : op, path: place.namespace + path })
  if (decision.capabilities.includes('deny')) return null
  const grants = (await lookup<StoredGrant[]>(exchange, 'grants', place.namespace, place.name)) ?? []
  const grant = grants.find((one) => covers(one, signer.arn, { action, ...use }))
  if (!grant) return null
  exchange.note({ grantId: grant.id })
  return { ...signer, token: { ...signer.token, namespace: '', namespaceId: 'root', policies: ['root'], metadata: { ...signer.token.metadata, aws_grant: grant.id } } }
}

function explained(exchange: Exchange, place: Place, cause: Fault, { action = exchange.action, algorithm = '' }: Terms): Fault {
  if (isAbsent(cause)) return absent(place)
  const [is, word = ''] = cause.reason ?? ['']
  switch (is) {
    case 'key-disabled':
      return new AwsFault('DisabledException', `${place.arn} is disabled.`)
    case 'key-pending-deletion':
      return new AwsFault('KMSInvalidStateException', `${place.arn} is pending deletion.`)
    case 'key-not-ending':
      return new AwsFault('KMSInvalidStateException', `${place.arn} is not pending deletion.`)
    case 'key-pending-import':
      return new AwsFault('KMSInvalidStateException', `${place.arn} is pending import.`)
    case 'key-not-external':
      return new AwsFault('UnsupportedOperationException', `${place.arn} origin is AWS_KMS which is not valid for this operation.`)
    case 'key-purpose':
      return new AwsFault('InvalidKeyUsageException', `${place.arn} key usage is ${usageOf(word)} which is not valid for ${action}.`)
    case 'key-type':
      return new AwsFault('InvalidKeyUsageException', `Algorithm ${algorithm} is incompatible with key spec ${specWord(word)}.`)
    case 'broken':
    case 'version-old':
      return new AwsFault('InvalidCiphertextException', '')
    default:
      return cause
  }
}
