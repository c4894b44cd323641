// export, backup, restore: keys that leave in the clear, where their settings allow it.
import { createPrivateKey, createPublicKey } from 'node:crypto'
import { Fault, invalid } from '../../kit/errors.ts'
import { boolean, choice, isObject, object, text } from '../../kit/field.ts'
import { route, type Context, type Route } from '../../kit/route.ts'
import { chooseVersions } from './import.ts'
import { blankKey, changeKey, decodeBase64, findKey, needKey, storeKey, versionAt, type Key, type KeyVersion } from './key.ts'
import { checkSecretSize, encrypts, isAsymmetric, isOfType, keyType, signs } from './key-type.ts'
import { edwardsBytes, privateOf } from './material.ts'
import { publicText } from './keys.ts'

const exportTypes = ['encryption-key', 'signing-key', 'hmac-key', 'public-key', 'certificate-chain'] as const
type ExportType = (typeof exportTypes)[number]

/** One version in the form that goes with what is exported: base64 of raw bytes, or PEM. */
function exportVersion(key: Key, number: number, what: ExportType): string {
  const type = keyType(key.type)
  const version = versionAt(key, number)
  if (what === 'hmac-key') return version.hmac ?? version.key!
  if (what === 'public-key') return publicText(key, number)
  if (what === 'certificate-chain') {
    if (!version.chain) throw invalid('certificate chain does not exist for this key version')
    return version.chain.join('\n')
  }
  if (type.aead) return version.key!
  if (type.edwards) return edwardsBytes(version).toString('base64')
  return privateOf(version, 'export').export({ type: type.rsaBits ? 'pkcs1' : 'sec1', format: 'pem' }).toString()
}

function checkExport(key: Key, what: ExportType): void {
  const type = keyType(key.type)
  const isPublic = what === 'public-key' || what === 'certificate-chain'
  if (!isPublic && !key.exportable) throw invalid('private key material is not exportable')
  if (what === 'encryption-key' && !encrypts(type)) throw invalid('encryption not supported for the key')
  if (what === 'signing-key' && !signs(type)) throw invalid('signing not supported for the key')
  if (isPublic && !isAsymmetric(type)) throw invalid(`unknown key type ${key.type} for export type ${what}`)
}

const exportKey = route({
  op: 'read',
  path: 'export/:type/:name/:version?',
  about: 'Versions of an exportable key in the clear, or the public parts of any.',
  takes: {
    type: choice(exportTypes)({ about: `What to export: ${exportTypes.join(', ')}.`, required: true }),
    name: text({ about: 'Name of the key.', required: true }),
    version: text({ about: 'Version to export, or latest; default: all.', default: '' }),
  },
  gives: { name: text({ about: 'Name of the key.' }), type: text({ about: 'Its type.' }), keys: object({ about: 'Keys by version.', secret: true }) },
  async run(context, input) {
    const key = await findKey(context.store, input.name)
    if (!key) return null
    await needKey(context.store, input.name)
    checkExport(key, input.type)
    return {
      name: key.name,
      type: key.type,
      keys: Object.fromEntries(chooseVersions(key, input.version).map((number) => [number, exportVersion(key, number, input.type)])),
    }
  },
})

/** Vault answers 500 where a backup or its restoring is refused, and clients tell it by that. */
const asVault = (message: string): Fault => new Fault('invalid', message, { status: 500 })

const backup = route({
  op: 'read',
  path: 'backup/:name',
  about: 'The whole key in the clear, as restore takes it.',
  takes: { name: text({ about: 'Name of the key.', required: true }) },
  gives: { backup: text({ about: 'The backup, base64.', secret: true }) },
  async run(context, input) {
    const key = await changeKey(context.store, input.name, (key) => {
      if (key.softDeleted) throw invalid(`key ${key.name} is soft-deleted; restore it before use`)
      if (!key.exportable) throw invalid('exporting is disallowed on the policy')
      if (!key.plaintextBackup) throw asVault('plaintext backup is disallowed on the policy')
      key.backup = { time: new Date(context.now()).toISOString(), version: key.latest }
    })
    return { backup: Buffer.from(JSON.stringify({ key })).toString('base64') }
  },
})

const whole = (value: unknown, least: number): number => {
  if (!Number.isSafeInteger(value) || (value as number) < least) throw new Error('not a number in range')
  return value as number
}

/** A version of a backup, its material read once so that a broken backup fails here and not when it is used. */
function restoreVersion(typeName: string, raw: unknown): KeyVersion {
  const type = keyType(typeName)
  if (!isObject(raw) || Number.isNaN(Date.parse(String(raw.created)))) throw new Error('not a version')
  const version: KeyVersion = { created: String(raw.created) }
  if (typeof raw.hmac === 'string') version.hmac = raw.hmac
  if (Array.isArray(raw.chain)) version.chain = raw.chain.map(String)
  if (!isAsymmetric(type)) {
    version.key = String(raw.key)
    checkSecretSize(type, decodeBase64(version.key)?.length ?? 0)
    return version
  }
  version.public = String(raw.public)
  if (!isOfType(type, createPublicKey({ key: Buffer.from(version.public, 'base64'), format: 'der', type: 'spki' }))) throw new Error('another type')
  if (raw.private === undefined) return version
  version.private = String(raw.private)
  const pair = createPublicKey(createPrivateKey({ key: Buffer.from(version.private, 'base64'), format: 'der', type: 'pkcs8' }))
  if (pair.export({ type: 'spki', format: 'der' }).toString('base64') !== version.public) throw new Error('another pair')
  return version
}

function parseBackup(text: string, name: string): Key {
  try {
    const raw = JSON.parse(decodeBase64(text)!.toString()).key
    const flag = (value: unknown): boolean => value === true
    const key: Key = {
      ...blankKey(name || String(raw.name), String(raw.type), {
        derived: flag(raw.derived), convergent: flag(raw.convergent), exportable: flag(raw.exportable), plaintextBackup: flag(raw.plaintextBackup),
        imported: flag(raw.imported), importedRotation: flag(raw.importedRotation), autoRotate: whole(raw.autoRotate, 0), size: whole(raw.size, 0),
      }),
      deletionAllowed: flag(raw.deletionAllowed),
      latest: whole(raw.latest, 1), minAvailable: whole(raw.minAvailable, 0),
      minDecryption: whole(raw.minDecryption, 1), minEncryption: whole(raw.minEncryption, 0),
    }
    for (let number = Math.max(key.minAvailable, 1); number <= key.latest; number++) {
      key.versions[number] = restoreVersion(key.type, raw.versions[number])
    }
    if (isObject(raw.backup)) key.backup = { time: String(raw.backup.time), version: whole(raw.backup.version, 1) }
    return key
  } catch (error) {
    throw error instanceof Fault ? error : invalid('the backup cannot be read')
  }
}

async function restoreKey(context: Context, input: { name: string; backup: string; force: boolean }): Promise<void> {
  const key = parseBackup(input.backup, input.name)
  key.restore = { time: new Date(context.now()).toISOString(), version: key.latest }
  await context.store.update(async (tx) => {
    if (!input.force && (await findKey(tx, key.name))) throw asVault(`key "${key.name}" already exists`)
    await storeKey(tx, key)
  })
}

const restore = route({
  op: 'write',
  path: 'restore/:name?',
  about: 'Bring back a key from its backup, under its own name or another.',
  takes: {
    name: text({ about: 'Name to restore under; default: the one in the backup.', default: '' }),
    backup: text({ about: 'What backup gave.', required: true, secret: true }),
    force: boolean({ about: 'Replace a key of that name.', default: false }),
  },
  run: restoreKey,
})

export const exportRoutes: Route[] = [exportKey, backup, restore]
