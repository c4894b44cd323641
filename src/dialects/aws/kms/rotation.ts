// Rotation of key material: by the year or on demand. Older material still decrypts.
import { Fault } from '../../../kit/errors.ts'
import { AwsFault } from '../errors.ts'
import { operation } from '../operation.ts'
import { number, string } from '../shape.ts'
import { ask } from './ask.ts'
import { materialId } from './ciphertext.ts'
import { type Entry, type Version, kindOf, need } from './entry.ts'
import { pageMembers, pageOf } from './page.ts'
import { type Place, keyId } from './reference.ts'

const day = 86_400
const usualPeriod = 365
const mostOnDemand = 25

/** Only symmetric keys rotate, by themselves those whose material was made here. */
function checkRotates({ arn }: Place, entry: Entry, external = false): void {
  const { spec } = kindOf(entry)
  if (spec.name !== 'SYMMETRIC_DEFAULT') throw new AwsFault('UnsupportedOperationException', '')
  if (entry.external && !external) throw new AwsFault('UnsupportedOperationException', `${arn} origin is EXTERNAL which is not valid for this operation.`)
}

/** `RotationsListEntry`. */
function rotationView({ arn, name }: Place, entry: Entry, version: Version): object {
  const { number, created, cause, forgotten, expires } = version
  const waits = version === entry.pending
  return {
    KeyId: arn,
    KeyMaterialId: materialId(name, number),
    KeyMaterialState: waits ? 'PENDING_ROTATION' : number === entry.versions.at(-1)!.number ? 'CURRENT' : 'NON_CURRENT',
    ...(entry.external && { ImportState: forgotten ? 'PENDING_IMPORT' : 'IMPORTED' }),
    ...(entry.external && !forgotten && { ExpirationModel: expires === undefined ? 'KEY_MATERIAL_DOES_NOT_EXPIRE' : 'KEY_MATERIAL_EXPIRES' }),
    ...(expires !== undefined && { ValidTo: expires / 1000 }),
    ...(number > 1 && !waits && { RotationDate: created / 1000, RotationType: cause === 'automatic' ? 'AUTOMATIC' : 'ON_DEMAND' }),
  }
}

const unusable = ['disabled', 'ending', 'empty'] as const

export const rotationOperations = [
  operation({
    name: 'EnableKeyRotation',
    about: 'Rotates a key every 90 to 2560 days from now on.',
    access: [{ op: 'read', path: 'transit/keys/:name' }, { op: 'write', path: 'transit/keys/:name/config' }],
    input: { KeyId: keyId, RotationPeriodInDays: number({ min: 90, max: 2560 }) },
    shows: ['KeyId', 'RotationPeriodInDays'],
    async run(exchange, { KeyId, RotationPeriodInDays }) {
      const { place, entry } = await need(exchange, KeyId, unusable)
      checkRotates(place, entry)
      await ask(exchange, place, 'write', 'keys/:name/config', { auto_rotate_period: (RotationPeriodInDays ?? usualPeriod) * day, auto_rotate_steady: true })
    },
  }),
  operation({
    name: 'DisableKeyRotation',
    about: 'Rotates a key by itself no more.',
    access: [{ op: 'read', path: 'transit/keys/:name' }, { op: 'write', path: 'transit/keys/:name/config' }],
    input: { KeyId: keyId },
    shows: ['KeyId'],
    async run(exchange, { KeyId }) {
      const { place, entry } = await need(exchange, KeyId, unusable)
      checkRotates(place, entry)
      await ask(exchange, place, 'write', 'keys/:name/config', { auto_rotate_period: 0 })
    },
  }),
  operation({
    name: 'GetKeyRotationStatus',
    about: 'Tells whether and how often a key rotates by itself.',
    access: [{ op: 'read', path: 'transit/keys/:name' }],
    input: { KeyId: keyId },
    shows: ['KeyId'],
    async run(exchange, { KeyId }) {
      const { place, entry } = await need(exchange, KeyId)
      const { auto_rotate_period: period, next_rotation: next } = entry
      if (next === undefined || entry.state === 'ending') return { KeyRotationEnabled: false, KeyId: place.arn }
      return { KeyRotationEnabled: true, KeyId: place.arn, RotationPeriodInDays: Math.ceil(period / day), NextRotationDate: next / 1000 }
    },
  }),
  operation({
    name: 'RotateKeyOnDemand',
    about: 'Rotates a key now.',
    access: [{ op: 'read', path: 'transit/keys/:name' }, { op: 'write', path: 'transit/keys/:name/rotate' }],
    input: { KeyId: keyId },
    shows: ['KeyId'],
    async run(exchange, { KeyId }) {
      const { place, entry } = await need(exchange, KeyId, unusable)
      checkRotates(place, entry, true)
      await ask(exchange, place, 'write', 'keys/:name/rotate', { most: mostOnDemand, entry: true }).catch((cause: unknown) => {
        if (!(cause instanceof Fault)) throw cause
        if (cause.code === 'too-large') throw new AwsFault('LimitExceededException', `The on-demand rotations limit has been reached for the given keyId. No more on-demand rotations can be performed for this key: ${place.arn}`)
        throw cause.reason?.[0] === 'key-material-none' ? new AwsFault('KMSInvalidStateException', `No available key material pending rotation for the key: ${place.arn}.`) : cause
      })
      return { KeyId: place.arn }
    },
  }),
  operation({
    name: 'ListKeyRotations',
    about: 'Lists the rotations of a key that are over.',
    access: [{ op: 'read', path: 'transit/keys/:name' }],
    input: { KeyId: keyId, IncludeKeyMaterial: string({ words: ['ALL_KEY_MATERIAL', 'ROTATIONS_ONLY'] }), ...pageMembers },
    shows: ['KeyId'],
    async run(exchange, { KeyId, IncludeKeyMaterial, ...wanted }) {
      const { place, entry } = await need(exchange, KeyId)
      checkRotates(place, entry, true)
      const all = IncludeKeyMaterial === 'ALL_KEY_MATERIAL'
      const rows = [...entry.versions.filter(({ number }) => number > 1 || all), ...(entry.pending && all ? [entry.pending] : [])]
      const { items, more } = pageOf(rows, wanted, 100, ({ number }) => String(number).padStart(9, '0'))
      return { Rotations: items.map((version) => rotationView(place, entry, version)), ...more }
    },
  }),
]
