// The life of a key: made, described, listed, disabled, enabled, ended.
import { randomUUID } from 'node:crypto'
import { Fault } from '../../../kit/errors.ts'
import { AwsFault } from '../errors.ts'
import { operation } from '../operation.ts'
import { boolean, list, number, string } from '../shape.ts'
import { ask } from './ask.ts'
import { type Attributes, type Entry, metadataOf, need, read, wasCalledMaster } from './entry.ts'
import { checkTokens, grantTokens } from './grant.ts'
import { afterOf, pageMembers, pageView } from './page.ts'
import { checkKeyPolicy } from './key-policy.ts'
import { policyText } from './policies.ts'
import { find, keyArn, keyId } from './reference.ts'
import { endReplica } from './regions.ts'
import { type Spec, type Usage, specNamed, specNames, usages } from './specs.ts'
import { tags, tagsOf } from './tags.ts'

const day = 86_400
const specMember = string({ words: specNames })

function kindOf({ KeySpec, CustomerMasterKeySpec, KeyUsage }: { KeySpec?: string | undefined; CustomerMasterKeySpec?: string | undefined; KeyUsage?: string | undefined }): { spec: Spec; usage: Usage } {
  if (KeySpec !== undefined && CustomerMasterKeySpec !== undefined && KeySpec !== CustomerMasterKeySpec) throw new AwsFault('ValidationException', 'You cannot specify KeySpec and CustomerMasterKeySpec in the same request. CustomerMasterKeySpec is deprecated.')
  const name = KeySpec ?? CustomerMasterKeySpec ?? 'SYMMETRIC_DEFAULT'
  const spec = specNamed(name)
  if (!spec) throw new AwsFault('UnsupportedOperationException', `KeySpec ${name} is not supported.`)
  if (KeyUsage === undefined && name !== 'SYMMETRIC_DEFAULT') throw new AwsFault('ValidationException', 'You must specify a KeyUsage value for all KMS keys except for symmetric encryption keys.')
  const usage = (KeyUsage ?? 'ENCRYPT_DECRYPT') as Usage
  if (!spec.usages.includes(usage)) throw new AwsFault('ValidationException', `KeyUsage ${usage} is not compatible with KeySpec ${name}`)
  return { spec, usage }
}

const createKey = operation({
  name: 'CreateKey',
  about: 'Makes a key.',
  access: [{ op: 'write', path: 'transit/keys/:name' }],
  input: {
    Policy: policyText({}), Description: string({ max: 8192 }), KeyUsage: string({ words: [...Object.keys(usages), 'ENCAPSULATE_DECAPSULATE'] }), KeySpec: specMember, CustomerMasterKeySpec: string({ words: specNames.filter(wasCalledMaster) }),
    Origin: string({ words: ['AWS_KMS', 'EXTERNAL', 'AWS_CLOUDHSM', 'EXTERNAL_KEY_STORE'] }), CustomKeyStoreId: string({ min: 1, max: 64 }), BypassPolicyLockoutSafetyCheck: boolean(), Tags: tags(),
    MultiRegion: boolean(), XksKeyId: string({ min: 1, max: 128, pattern: /^^[a-zA-Z0-9-_.]+$$/ }),
  },
  shows: ['Description', 'KeyUsage', 'KeySpec', 'Origin'],
  async run(exchange, input) {
    if (input.CustomKeyStoreId !== undefined || input.XksKeyId !== undefined || input.Origin === 'AWS_CLOUDHSM' || input.Origin === 'EXTERNAL_KEY_STORE') throw new AwsFault('UnsupportedOperationException', 'Custom key stores are not supported.')
    const { spec, usage } = kindOf(input)
    const name = input.MultiRegion ? `mrk-${randomUUID().replaceAll('-', '')}` : randomUUID()
    if (input.Policy !== undefined) checkKeyPolicy(exchange, input.Policy, { arn: keyArn(exchange, name) }, input.BypassPolicyLockoutSafetyCheck)
    const attributes: Attributes = {
      description: input.Description ?? '',
      tags: tagsOf(input.Tags),
      ...(input.Policy !== undefined && { policy: input.Policy }),
      ...(input.MultiRegion && { regions: { primary: exchange.region } }),
    }
    const body = { type: spec.type, key_size: spec.size, purpose: usages[usage], external: input.Origin === 'EXTERNAL', attributes, entry: true }
    const entry = await exchange.ask<Entry>('write', `${exchange.settings.keys}keys/${name}`, body)
    return { KeyMetadata: metadataOf(exchange, { arn: keyArn(exchange, name) }, entry) }
  },
})

const describeKey = operation({
  name: 'DescribeKey',
  about: 'Tells what is known of a key.',
  access: [{ op: 'read', path: 'transit/keys/:name' }],
  input: { KeyId: keyId, GrantTokens: grantTokens },
  shows: ['KeyId'],
  async run(exchange, { KeyId, GrantTokens }) {
    checkTokens(GrantTokens)
    const place = await find(exchange, KeyId)
    return { KeyMetadata: metadataOf(exchange, place, await read(exchange, place)) }
  },
})

const listKeys = operation({
  name: 'ListKeys',
  about: 'Lists the keys of the account, by pages.',
  access: [{ op: 'list', path: 'transit/keys' }],
  input: { ...pageMembers, ResourceOwners: list(string({ words: ['SELF', 'OTHER_ACCOUNTS_VIA_RAM'] }), { min: 1, max: 2 }) },
  async run(exchange, { Limit = 100, Marker }) {
    const after = afterOf(Marker)
    const { keys } = await exchange.ask<{ keys: string[] }>('list', `${exchange.settings.keys}keys/`, { limit: Limit + 1, ...(after !== undefined && { after }) }).catch(emptied)
    return { Keys: keys.slice(0, Limit).map((name) => ({ KeyId: name, KeyArn: keyArn(exchange, name) })), ...pageView(keys, Limit) }
  },
})

/** Nothing to list is answered as absent. */
function emptied(cause: unknown): { keys: string[] } {
  if (cause instanceof Fault && cause.code === 'not-found') return { keys: [] }
  throw cause
}

const enableKey = operation({
  name: 'EnableKey',
  about: 'Lets a disabled key be used again.',
  access: [{ op: 'write', path: 'transit/keys/:name/soft-delete-restore' }],
  input: { KeyId: keyId },
  shows: ['KeyId'],
  async run(exchange, { KeyId }) {
    const { place } = await need(exchange, KeyId, ['ending', 'empty'])
    await ask(exchange, place, 'write', 'keys/:name/soft-delete-restore')
  },
})

const disableKey = operation({
  name: 'DisableKey',
  about: 'Stops every use of a key.',
  access: [{ op: 'delete', path: 'transit/keys/:name/soft-delete' }],
  input: { KeyId: keyId },
  shows: ['KeyId'],
  async run(exchange, { KeyId }) {
    const { place } = await need(exchange, KeyId, ['ending', 'empty'])
    await ask(exchange, place, 'delete', 'keys/:name/soft-delete')
  },
})

const scheduleKeyDeletion = operation({
  name: 'ScheduleKeyDeletion',
  about: 'Ends a key after 7 to 30 days, in which it cannot be used and the end can be taken back.',
  access: [{ op: 'write', path: 'transit/keys/:name/deletion' }],
  input: { KeyId: keyId, PendingWindowInDays: number({ min: 1, max: 365 }) },
  shows: ['KeyId', 'PendingWindowInDays'],
  async run(exchange, { KeyId, PendingWindowInDays: days = 30 }) {
    if (days < 7 || days > 30) throw new AwsFault('ValidationException', 'PendingWindowInDays must be between 7 and 30 days (inclusive).')
    const place = await find(exchange, KeyId, false)
    if (place.name.startsWith('mrk-') && (await endReplica(exchange, { place, entry: await read(exchange, place) }))) return { KeyId: place.arn, DeletionDate: exchange.core.now() / 1000, KeyState: 'PendingDeletion', PendingWindowInDays: days }
    const entry = await ask<Entry>(exchange, place, 'write', 'keys/:name/deletion', { window: days * day })
    return { KeyId: place.arn, DeletionDate: entry.deletion!.due / 1000, KeyState: 'PendingDeletion', PendingWindowInDays: days }
  },
})

const cancelKeyDeletion = operation({
  name: 'CancelKeyDeletion',
  about: 'Takes the end of a key back; it stays disabled.',
  access: [{ op: 'delete', path: 'transit/keys/:name/deletion' }],
  input: { KeyId: keyId },
  shows: ['KeyId'],
  async run(exchange, { KeyId }) {
    const place = await find(exchange, KeyId, false)
    await ask(exchange, place, 'delete', 'keys/:name/deletion')
    return { KeyId: place.arn }
  },
})

const updateKeyDescription = operation({
  name: 'UpdateKeyDescription',
  about: 'Changes the description of a key.',
  access: [{ op: 'patch', path: 'transit/keys/:name' }],
  input: { KeyId: keyId, Description: string({ required: true, max: 8192 }) },
  shows: ['KeyId', 'Description'],
  async run(exchange, { KeyId, Description }) {
    const place = await find(exchange, KeyId, false)
    await ask(exchange, place, 'patch', 'keys/:name', { attributes: { description: Description } })
  },
})

export const lifecycleOperations = [createKey, describeKey, listKeys, enableKey, disableKey, scheduleKeyDeletion, cancelKeyDeletion, updateKeyDescription]
