// keys/: making, reading, configuring, rotating, trimming and deleting named keys.
import { createPublicKey } from 'node:crypto'
import { answer, listing } from '../../kit/answer.ts'
import { Fault, invalid } from '../../kit/errors.ts'
import { boolean, choice, duration, integer, list, object, text } from '../../kit/field.ts'
import { listChildren, pageFields } from '../../kit/page.ts'
import { route, type Chore, type Context, type Route } from '../../kit/route.ts'
import type { View } from '../../kit/view.ts'
import { entryOf, nextRotation } from './attributes.ts'
import { eraseKey, grantsOf } from './deletion.ts'
import {
  autoFolder, blankKey, changeKey, checkAutoRotate, checkStays, createKey, findKey, keyFolder, liveVersions, makeVersion, needBase64, needKey, purposes, refuseEnding, rotateKey,
  versionAt, type Key, type KeyVersion,
} from './key.ts'
import { derives, encrypts, isAsymmetric, keyType, keyTypeNames, signs, type KeyType } from './key-type.ts'
import { deriveEdwards, edwardsPublic, publicOf } from './material.ts'

const name = text({ about: 'Name of the key.', required: true })
const autoRotate = duration({ about: 'Seconds between automatic rotations; 0 for none, else at least an hour.' })
const exportable = boolean({ about: 'Let the key be exported; cannot be taken back.' })
const plaintextBackup = boolean({ about: 'Let the key be backed up in the clear; cannot be taken back.' })

/** A public key as clients expect it: 32 bytes in base64 for Ed25519, PEM for the rest. */
export function publicText(key: Key, number: number, context: Buffer | null = null): string {
  const version = versionAt(key, number)
  if (!keyType(key.type).edwards) return publicOf(version).export({ type: 'spki', format: 'pem' }).toString()
  if (!key.derived) return edwardsPublic(publicOf(version)).toString('base64')
  return context ? edwardsPublic(createPublicKey(deriveEdwards(key, version, context))).toString('base64') : ''
}

function describeVersions(key: Key, type: KeyType, context: Buffer | null): Record<string, unknown> {
  return Object.fromEntries(liveVersions(key).map((number) => {
    const version = versionAt(key, number)
    if (!isAsymmetric(type) || version.public === undefined) return [number, Math.trunc(Date.parse(version.created) / 1000)]
    const shown = { name: type.curve ?? type.name, public_key: publicText(key, number, context), creation_time: version.created }
    return [number, version.chain ? { ...shown, certificate_chain: version.chain.join('\n') } : shown]
  }))
}

/** What reading a key shows; never a private part. */
export function describeKey(key: Key, context: Buffer | null = null): Record<string, unknown> {
  const type = keyType(key.type)
  return {
    name: key.name,
    type: key.type,
    derived: key.derived,
    deletion_allowed: key.deletionAllowed,
    min_available_version: key.minAvailable,
    min_decryption_version: key.minDecryption,
    min_encryption_version: key.minEncryption,
    latest_version: key.latest,
    exportable: key.exportable,
    allow_plaintext_backup: key.plaintextBackup,
    supports_encryption: encrypts(type),
    supports_decryption: encrypts(type),
    supports_signing: signs(type),
    supports_derivation: derives(type),
    auto_rotate_period: key.autoRotate,
    imported_key: key.imported,
    soft_deleted: key.softDeleted,
    ...(key.size ? { key_size: key.size } : {}),
    ...(key.imported ? { imported_key_allow_rotation: key.importedRotation } : {}),
    ...(key.backup ? { backup_info: key.backup } : {}),
    ...(key.restore ? { restore_info: key.restore } : {}),
    ...(key.derived ? { kdf: 'hkdf_sha256', convergent_encryption: key.convergent } : {}),
    ...(key.convergent ? { convergent_encryption_version: 3 } : {}),
    ...(type.hmac ? {} : { keys: describeVersions(key, type, context) }),
  }
}

const entry = boolean({ about: 'Show the key as dialects see it.', default: false })

const described = {
  name,
  type: text({ about: 'Type of the key.' }),
  latest_version: integer({ about: 'Number of the newest version.' }),
  keys: object({ about: 'Versions by number.' }),
}

const listKeys = route({
  op: 'list',
  path: 'keys',
  about: 'The names of the keys.',
  takes: pageFields,
  gives: { keys: list({ about: 'Names.' }) },
  run: async (context, input) => listing(await listChildren(context.store, keyFolder, input)),
})

const read = route({
  op: 'read',
  path: 'keys/:name',
  about: 'The settings and public parts of a key.',
  takes: { name, context: text({ about: 'Context whose public key to show, for derived Ed25519 keys, base64.', default: '' }), entry },
  gives: described,
  async run(context, input) {
    const key = await findKey(context.store, input.name)
    if (key && input.entry) return entryOf(key)
    return key && describeKey(key, input.context === '' ? null : needBase64(input.context, 'context'))
  },
})

const create = route({
  op: 'write',
  path: 'keys/:name',
  about: 'Make a named key; its type and settings cannot be changed here afterwards.',
  takes: {
    name,
    type: text({ about: `One of ${keyTypeNames.join(', ')}.`, default: 'aes256-gcm96' }),
    derived: boolean({ about: 'Derive a key from the context of each request.', default: false }),
    convergent_encryption: boolean({ about: 'Equal plaintexts give equal ciphertexts; needs derivation.', default: false }),
    exportable: boolean({ ...exportable, default: false }),
    allow_plaintext_backup: boolean({ ...plaintextBackup, default: false }),
    auto_rotate_period: duration({ ...autoRotate, default: 0 }),
    purpose: choice(purposes)({ about: 'Bind the key to one use: encrypt, sign, mac or agree; default: whatever its type can do.' }),
    attributes: object({ about: 'What dialects keep with the key.' }),
    external: boolean({ about: 'Make the key without material, which is imported later.', default: false }),
    entry,
    key_size: integer({ about: 'Bytes of an HMAC key, 32 to 512.', default: 0 }),
  },
  gives: described,
  exists: async (context, input) => (await findKey(context.store, input.name)) !== null,
  async run(context, input) {
    const blank = blankKey(input.name, input.type, {
      derived: input.derived, convergent: input.convergent_encryption, exportable: input.exportable,
      plaintextBackup: input.allow_plaintext_backup, autoRotate: input.auto_rotate_period, size: input.key_size,
      ...(input.purpose && { purpose: input.purpose }), ...(input.attributes && { attributes: input.attributes }),
      ...(input.external && { external: true, imported: true, created: new Date(context.now()).toISOString() }),
    })
    const { key, created } = await createKey(context.store, blank, context.now())
    return answer({ data: input.entry ? entryOf(key) : describeKey(key), ...(created ? {} : { warnings: [`key ${input.name} already existed`] }) })
  },
})

const remove = route({
  op: 'delete',
  path: 'keys/:name',
  about: 'Delete a key with all its versions, if its settings allow deletion.',
  takes: { name },
  async run(context, input) {
    const grants = await grantsOf(context.store, input.name)
    await context.store.update(async (tx) => {
      const key = await findKey(tx, input.name)
      if (!key) throw invalid(`error deleting key ${input.name}: no such key`)
      if (!key.deletionAllowed) throw invalid(`error deleting key ${input.name}: deletion is not allowed for this key`)
      eraseKey(tx, key, grants)
    })
  },
})

const soften = (softDeleted: boolean) => async (context: { store: View }, input: { name: string }): Promise<void> => {
  await changeKey(context.store, input.name, (key) => {
    refuseEnding(key)
    key.softDeleted = softDeleted
  })
}

const softDelete = route({
  op: 'delete',
  path: 'keys/:name/soft-delete',
  about: 'Stop every use of a key until it is restored; it can still be read, listed and deleted.',
  takes: { name },
  run: soften(true),
})

const softRestore = route({
  op: 'write',
  path: 'keys/:name/soft-delete-restore',
  about: 'Let a soft-deleted key be used again.',
  takes: { name },
  run: soften(false),
})

const configure = route({
  op: 'write',
  path: 'keys/:name/config',
  about: 'Change the settings of a key; what is not given stays.',
  takes: {
    name,
    min_decryption_version: integer({ about: 'Oldest version that still decrypts and verifies.' }),
    min_encryption_version: integer({ about: 'Oldest version that still encrypts and signs; 0 for the latest only.' }),
    deletion_allowed: boolean({ about: 'Let the key be deleted.' }),
    exportable,
    allow_plaintext_backup: plaintextBackup,
    auto_rotate_period: autoRotate,
    auto_rotate_steady: boolean({ about: 'Count the period from now on, whatever is rotated on demand in between; default: from the newest version on.', default: false }),
  },
  gives: described,
  async run(context, input) {
    const warnings: string[] = []
    const key = await changeKey(context.store, input.name, (key) => {
      if (input.min_decryption_version === 0) warnings.push('transit key numbering starts at 1; forcing minimum to 1')
      key.minDecryption = checkMinimum(key, 'decryption', input.min_decryption_version === 0 ? 1 : (input.min_decryption_version ?? key.minDecryption))
      key.minEncryption = checkMinimum(key, 'encryption', input.min_encryption_version ?? key.minEncryption)
      if (key.minEncryption > 0 && key.minEncryption < key.minDecryption) {
        const rule = `min encryption version of ${key.minEncryption} must be greater than or equal to min decryption version of ${key.minDecryption}`
        throw invalid(`cannot set min encryption/decryption values; ${rule}`)
      }
      if (key.minAvailable > key.minEncryption) throw invalid('min encryption version should not be less than min available version')
      if (key.minAvailable > key.minDecryption) throw invalid('min decryption version should not be less then min available version')
      key.deletionAllowed = input.deletion_allowed ?? key.deletionAllowed
      key.exportable ||= input.exportable ?? false
      key.plaintextBackup ||= input.allow_plaintext_backup ?? false
      checkStays(key)
      key.autoRotate = input.auto_rotate_period ?? key.autoRotate
      checkAutoRotate(key.autoRotate)
      if (input.auto_rotate_steady) key.autoRotateFrom = context.now()
      else if (input.auto_rotate_period !== undefined) delete key.autoRotateFrom
    })
    return answer({ data: describeKey(key), ...(warnings.length ? { warnings: [...new Set(warnings)] } : {}) })
  },
})

function checkMinimum(key: Key, what: string, version: number): number {
  if (version < 0) throw invalid(`min ${what} version cannot be negative`)
  if (version > key.latest) throw invalid(`cannot set min ${what} version of ${version}, latest key version is ${key.latest}`)
  return version
}

const rotate = route({
  op: 'write',
  path: 'keys/:name/rotate',
  about: 'Add a fresh version to a key; from then on it encrypts and signs.',
  takes: { name, entry, most: integer({ about: 'Refuse more rotations on demand than this.' }) },
  gives: described,
  async run(context, input) {
    const present = await needKey(context.store, input.name, 'key not found')
    const made = present.external ? null : await makeVersion(present, context.now())
    const key = await changeKey(context.store, input.name, (key) => {
      const rotations = Object.values(key.versions).filter(({ cause }) => cause === 'on-demand').length
      if (input.most !== undefined && rotations >= input.most) throw new Fault('too-large', `the key was rotated ${rotations} times on demand`)
      const version = made ?? key.pending
      if (!version) throw new Fault('invalid', `key ${key.name} has no material to rotate to: import it first`, { reason: ['key-material-none'] })
      rotateKey(key, { ...version, created: new Date(context.now()).toISOString(), cause: 'on-demand' })
      delete key.pending
    }, 'key not found')
    return input.entry ? entryOf(key) : describeKey(key)
  },
})

const trim = route({
  op: 'write',
  path: 'keys/:name/trim',
  about: 'Destroy the versions below a number for good.',
  takes: { name, min_available_version: integer({ about: 'Oldest version to keep.', required: true }) },
  gives: described,
  async run(context, input) {
    const least = input.min_available_version
    const key = await changeKey(context.store, input.name, (key) => {
      if (least < key.minAvailable) throw invalid('minimum available version cannot be decremented')
      if (key.minEncryption === 0) throw invalid('minimum available version cannot be set when minimum encryption version is not set')
      if (least > key.minEncryption) throw invalid('minimum available version cannot be greater than minimum encryption version')
      if (least > key.minDecryption) throw invalid('minimum available version cannot be greater than minimum decryption version')
      key.minAvailable = least
      for (const number of Object.keys(key.versions).map(Number)) if (number < least) delete key.versions[number]
    })
    return describeKey(key)
  },
})

export const keyRoutes: Route[] = [listKeys, read, create, remove, softDelete, softRestore, configure, rotate, trim]

/** Whether the period of a key is over. */
const isDue = (key: Key, now: number): boolean =>
  !key.softDeleted && (!key.imported || key.importedRotation) && key.autoRotate > 0 && nextRotation(key) <= now

async function rotateDue(context: Context, name: string): Promise<void> {
  const present = await findKey(context.store, name)
  if (!present || !isDue(present, context.now())) return
  const version: KeyVersion = { ...(await makeVersion(present, context.now())), cause: 'automatic' }
  await changeKey(context.store, name, (key) => {
    if (!isDue(key, context.now())) return
    if (key.autoRotateFrom !== undefined) key.autoRotateFrom = context.now()
    rotateKey(key, version)
  })
}

/** Rotates the keys whose period has passed; one that cannot be rotated does not keep the others from it. */
export const autoRotation: Chore = {
  name: 'rotate keys',
  every: 60,
  async run(context) {
    const failures: unknown[] = []
    for (const name of await listChildren(context.store, autoFolder)) {
      context.signal.throwIfAborted()
      await rotateDue(context, name).catch((error: unknown) => failures.push(error))
    }
    if (failures.length > 0) throw new AggregateError(failures, `${failures.length} keys could not be rotated`)
  },
}
