// A key as the transit engine tells it, and as KMS shows it.
import { AwsFault } from '../errors.ts'
import type { Exchange } from '../operation.ts'
import { ask } from './ask.ts'
import { materialId } from './ciphertext.ts'
import { type Place, find } from './reference.ts'
import { type Spec, type Usage, algorithmsOf, specOf, usageOf } from './specs.ts'

/** What this dialect keeps with a key. */
export interface Attributes {
  description?: string
  policy?: string
  tags?: Record<string, string>
  manager?: 'AWS'
  /** Of a key for several regions: where it was made, and where else it is to be, with its description there. All share one key. */
  regions?: { primary: string; replicas?: Record<string, string> }
}

export interface Version {
  number: number
  created: number
  cause: string
  forgotten: boolean
  expires?: number
}

/** Times are milliseconds since 1970. */
export interface Entry {
  name: string
  type: string
  size: number
  purpose: string
  created: number
  state: 'enabled' | 'disabled' | 'ending' | 'empty'
  external: boolean
  attributes: Attributes
  auto_rotate_period: number
  next_rotation?: number
  versions: Version[]
  /** Imported for the next rotation. */
  pending?: Version
  deletion?: { asked: number; due: number }
  expires?: number
  public_key?: string
}

export const read = (exchange: Exchange, place: Place): Promise<Entry> => ask<Entry>(exchange, place, 'read', 'keys/:name', { entry: true })

/** A key that an operation names by id or ARN, and what is known of it; throws in the states that the operation does not allow. */
export async function need(exchange: Exchange, id: string, refused: readonly Entry['state'][] = []): Promise<{ place: Place; entry: Entry }> {
  const place = await find(exchange, id, false)
  const entry = await read(exchange, place)
  refuse(place, entry, refused)
  return { place, entry }
}

export function refuse({ arn }: Place, { state }: Entry, states: readonly Entry['state'][]): void {
  if (!states.includes(state)) return
  if (state === 'disabled') throw new AwsFault('DisabledException', `${arn} is disabled.`)
  throw new AwsFault('KMSInvalidStateException', `${arn} is pending ${state === 'ending' ? 'deletion' : 'import'}.`)
}

/** Changes what is kept with a key. */
export const change = (exchange: Exchange, place: Place, attributes: object, whileEnding = false): Promise<Entry> => ask<Entry>(exchange, place, 'patch', 'keys/:name', { attributes, while_ending: whileEnding })

const stateNames = { enabled: 'Enabled', disabled: 'Disabled', ending: 'PendingDeletion', empty: 'PendingImport' } as const

/** Keys that no dialect bound to a use show the first that their spec has. */
export function kindOf({ type, size, purpose }: Pick<Entry, 'type' | 'size' | 'purpose'>): { spec: Spec; usage: Usage } {
  const spec = specOf(type, size)
  return { spec, usage: purpose === '' ? spec.usages[0]! : usageOf(purpose) }
}

/** Whether the key may have several materials. */
export const rotates = (entry: Entry): boolean => kindOf(entry).spec.name === 'SYMMETRIC_DEFAULT'

/** Whether a spec is of the time when keys were called customer master keys. */
export const wasCalledMaster = (name: string): boolean => /^(?:SYMMETRIC|RSA|ECC_NIST_P|ECC_SECG|HMAC|SM2)/.test(name)

export function specView({ spec, usage }: { spec: Spec; usage: Usage }): Record<string, unknown> {
  return { KeyUsage: usage, KeySpec: spec.name, ...(wasCalledMaster(spec.name) && { CustomerMasterKeySpec: spec.name }), ...algorithmsOf(spec, usage) }
}

/** `KeyMetadata`. */
export function metadataOf(exchange: Exchange, { arn }: Pick<Place, 'arn'>, entry: Entry): Record<string, unknown> {
  const { attributes, deletion, expires, state } = entry
  const { regions } = attributes
  return {
    AWSAccountId: arn.split(':')[4],
    KeyId: entry.name,
    Arn: arn,
    CreationDate: entry.created / 1000,
    Enabled: state === 'enabled',
    Description: regions?.replicas?.[exchange.region] ?? attributes.description ?? '',
    KeyState: stateNames[state],
    ...(deletion && { DeletionDate: deletion.due / 1000 }),
    ...(entry.external && state !== 'empty' && { ExpirationModel: expires === undefined ? 'KEY_MATERIAL_DOES_NOT_EXPIRE' : 'KEY_MATERIAL_EXPIRES' }),
    ...(expires !== undefined && { ValidTo: expires / 1000 }),
    Origin: entry.external ? 'EXTERNAL' : 'AWS_KMS',
    KeyManager: attributes.manager ?? 'CUSTOMER',
    ...specView(kindOf(entry)),
    ...(rotates(entry) && entry.versions.length > 0 && { CurrentKeyMaterialId: materialId(entry.name, entry.versions.at(-1)!.number) }),
    MultiRegion: regions !== undefined,
    ...(regions && { MultiRegionConfiguration: configurationOf(exchange, arn, regions) }),
  }
}

function configurationOf({ region }: Exchange, arn: string, { primary, replicas = {} }: NonNullable<Attributes['regions']>): object {
  const there = (one: string): { Arn: string; Region: string } => ({ Arn: arn.replace(/^(arn:[^:]*:kms:)[^:]*/, `$1${one}`), Region: one })
  return { MultiRegionKeyType: region in replicas ? 'REPLICA' : 'PRIMARY', PrimaryKey: there(primary), ReplicaKeys: Object.keys(replicas).map(there) }
}
