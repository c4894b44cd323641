// Calls to the transit engine about one key, where its key policy lets them: with the caller's rights or, where those do not
// reach, with what the key policy or a grant gives. And the engine's refusals in the words of KMS.
import { Fault } from '../../../kit/errors.ts'
import type { Operation } from '../../../kit/route.ts'
import { AwsFault } from '../errors.ts'
import { lift, lookup } from '../lookup.ts'
import type { Exchange } from '../operation.ts'
import { type StoredGrant, type Use, covers } from './grant.ts'
import { keyPolicySays } from './key-policy.ts'
import { type Place, absent, isAbsent } from './reference.ts'
import { specWord, usageOf } from './specs.ts'

export interface Terms extends Partial<Use> {
  /** For errors about keys that do not fit. */
  algorithm?: string
}

/** One call about a key. `path`: with `:name` where the key stands; `action` default: the request's own. */
export async function ask<T extends object = Record<string, unknown>>(exchange: Exchange, place: Place, op: Operation, path: string, body: Record<string, unknown> = {}, terms: Terms = {}): Promise<T> {
  const full = place.keys + path.replace(':name', place.name)
  const said = await keyPolicySays(exchange, place, terms)
  if (said === 'deny') return exchange.refuse(new Fault('denied', undefined, { reason: ['resource-deny'] }))
  try {
    if (said === null) throw new Fault('denied', undefined, { reason: ['resource-none'] })
    return await exchange.ask<T>(op, full, body, place.namespace)
  } catch (cause) {
    if (!(cause instanceof Fault) || cause instanceof AwsFault) throw cause
    if (cause.code !== 'denied' && cause.code !== 'unauthenticated') throw explained(exchange, place, cause, terms)
    const because = said === 'allow' && place.namespace === exchange.namespace ? { aws_policy: place.arn } : await grantFor(exchange, place, terms)
    const lifted = because && (await lift(exchange, op, place.namespace + full, because))
    if (!lifted) return said === null ? exchange.refuse(cause) : Promise.reject(cause)
    return exchange.ask<T>(op, full, body, place.namespace, lifted).catch((refusal: unknown) => {
      throw refusal instanceof Fault ? explained(exchange, place, refusal, terms) : refusal
    })
  }
}

/** Which grant covers a request, for the audit log, or null. */
async function grantFor(exchange: Exchange, place: Place, { action = exchange.action, ...use }: Terms): Promise<{ aws_grant: string } | null> {
  const { signer } = exchange
  const grants = signer && (await lookup<StoredGrant[]>(exchange, place.namespace + place.keys, 'grants', place.name))
  const grant = grants?.find((one) => covers(one, signer!, { action, ...use }))
  if (!grant) return null
  exchange.parameters.grantId = grant.id
  return { aws_grant: grant.id }
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
