// What a request may demand of the key that it names, for dialects whose operations name an algorithm,
// and the form without `vault:vN:` in which such dialects carry ciphertexts, signatures and HMACs.
import { Fault, invalid } from '../../kit/errors.ts'
import { boolean, field, isObject } from '../../kit/field.ts'
import { keyType } from './key-type.ts'
import { type Key, type Marked, type Purpose, decodeBase64, liveVersions, mark, needPurpose, parseMarked } from './key.ts'

export interface Demand {
  /** Types of which the key has to be one. */
  types?: string[]
  /** Bytes of an HMAC key. */
  size?: number
  /** Whether the key has to be one that encrypts and authenticates with one secret. */
  symmetric?: true
}

function parseDemand(raw: unknown, name: string): Demand {
  if (!isObject(raw)) throw invalid(`${name}: expected an object`)
  const { types, size, symmetric } = raw
  if (types !== undefined && !(Array.isArray(types) && types.every((type) => typeof type === 'string'))) throw invalid(`${name}.types: expected a list of strings`)
  if (size !== undefined && typeof size !== 'number') throw invalid(`${name}.size: expected a number`)
  if (symmetric === true) return { symmetric }
  return { ...(types && { types }), ...(size !== undefined && { size }) }
}

/** Fields of every route that uses a key. */
export const demandFields = {
  demand: field({ type: 'object' }, parseDemand)({ about: 'Refuse a key of another type than `types`, one that is not `symmetric`, or an HMAC key of another `size`; and never make one.' }),
  unmarked: boolean({ about: 'Give and take base64 without vault:vN: in front; reading tries each version, newest first.', default: false }),
}

/** Throws `invalid` where the key is bound to another use or is not what the request demands. */
export function meet(key: Key, purpose: Purpose, demand: Demand | undefined): void {
  needPurpose(key, purpose)
  if (!demand) return
  const fits = demand.symmetric ? keyType(key.type).aead !== undefined : (demand.types?.includes(key.type) ?? true) && (demand.size === undefined || demand.size === key.size)
  if (!fits) throw new Fault('invalid', `key ${key.name} is of type ${key.type}`, { reason: ['key-type', key.size > 0 ? `${key.type}-${key.size}` : key.type] })
}

export const written = (number: number, bytes: Buffer, unmarked: boolean): string => (unmarked ? bytes.toString('base64') : mark(number, bytes))

/** What a text may mean: the version that it names, or each live one. Throws as `parseMarked` does. */
export function readings(key: Key, text: string, what: string, unmarked: boolean, encoding: 'base64' | 'base64url' = 'base64'): Marked[] {
  if (!unmarked) return [parseMarked(key, text, what, encoding)]
  const bytes = decodeBase64(text)
  if (!bytes) throw invalid(`invalid ${what}: could not decode base64`)
  return liveVersions(key).reverse().map((number) => ({ number, bytes }))
}
