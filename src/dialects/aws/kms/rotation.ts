// Rotation of key material: by the year or on demand. Older material still decrypts.
import { Fault } from '../../../kit/errors.ts'
import { AwsFault } from '../errors.ts'
import { operation } from '../operation.ts'
import { number, string } from '../shape.ts'
import { ask } from './ask.ts'
import { type Entry, kindOf, need } from './entry.ts'
import { pageMembers, pageOf } from './page.ts'
import { type Place, keyId } from './reference.ts'

const day = 86_400
const usualPeriod = 365
const mostOnDemand = 25

/** Only symmetric keys whose material was made here rotate. */
function checkRotates({ arn }: Place, entry: Entry): void {
  const { spec } = kindOf(entry)
  if (spec.name !== 'SYMMETRIC_DEFAULT') throw new AwsFault('UnsupportedOperationException', `${arn} key spec is ${spec.name} which is not valid for this operation.`)
  if (entry.external) throw new AwsFault('UnsupportedOperationException', `${arn} origin is EXTERNAL which is not valid for this operation.`)
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
      await ask(exchange, place, 'write', 'keys/:name/config', { auto_rotate_period: (RotationPeriodInDays ?? usualPeriod) * day })
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
      if (entry.external) checkRotates(place, entry)
      const period = entry.auto_rotate_period
      if (period === 0 || entry.state === 'ending') return { KeyRotationEnabled: false, KeyId: place.arn }
      return { KeyRotationEnabled: true, KeyId: place.arn, RotationPeriodInDays: Math.ceil(period / day), NextRotationDate: entry.versions.at(-1)!.created / 1000 + period }
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
      checkRotates(place, entry)
      await ask(exchange, place, 'write', 'keys/:name/rotate', { most: mostOnDemand, entry: true }).catch((cause: unknown) => {
        throw cause instanceof Fault && cause.code === 'too-large' ? new AwsFault('LimitExceededException', `The on-demand rotation limit of ${mostOnDemand} has been reached for ${place.arn}.`) : cause
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
      checkRotates(place, entry)
      const rows = entry.versions.filter(({ number }) => number > 1 || IncludeKeyMaterial === 'ALL_KEY_MATERIAL')
      const { items, more } = pageOf(rows, wanted, 100, ({ number }) => String(number).padStart(9, '0'))
      const Rotations = items.map(({ number, created, cause }) => ({ KeyId: place.arn, ...(number > 1 && { RotationDate: created / 1000, RotationType: cause === 'automatic' ? 'AUTOMATIC' : 'ON_DEMAND' }) }))
      return { Rotations, ...more }
    },
  }),
]
