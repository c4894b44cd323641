// Keys whose material comes from outside: wrapped under a pair made for one import, kept for a time or for good, and
// forgotten on demand. What was forgotten can only be imported again as it was.
import { constants, createHash, createPrivateKey, createPublicKey, privateDecrypt, randomBytes, timingSafeEqual, type KeyObject } from 'node:crypto'
import { unwrapPadded } from '../../crypto/key-wrap.ts'
import { Fault, invalid } from '../../kit/errors.ts'
import { boolean, choice, integer, text } from '../../kit/field.ts'
import { route, type Chore, type Route } from '../../kit/route.ts'
import type { View } from '../../kit/view.ts'
import { entryOf } from './attributes.ts'
import { parseKey } from './import.ts'
import { type Key, type KeyVersion, absent, changeKey, findKey, keyFolder, needBase64, pairVersion, refuseEnding, secretVersion } from './key.ts'
import { generateKeys, isAsymmetric, isOfType, keyType } from './key-type.ts'
import { privateOf, publicOf } from './material.ts'

const lifetime = 86_400_000
const importFolder = 'importing/'
/** Keys whose material ends, for the chore. */
const expiryFolder = 'expiring/'

/** `pkcs1` and the `oaep` ones wrap the material itself; the `aes` ones wrap an AES key that wraps it (RFC 5649). */
const wrappings = ['pkcs1', 'oaep-sha1', 'oaep-sha256', 'aes-sha1', 'aes-sha256'] as const
type Wrapping = (typeof wrappings)[number]

interface Ticket {
  key: string
  wrapping: Wrapping
  expires: number
  pair: KeyVersion
}

const name = text({ about: 'Name of the key.', required: true })
const notExternal = (): Fault => new Fault('invalid', 'the material of this key does not come from outside', { reason: ['key-not-external'] })

async function needExternal(store: View, keyName: string): Promise<Key> {
  const key = await findKey(store, keyName)
  if (!key) throw absent('no such key')
  if (!key.external) throw notExternal()
  refuseEnding(key)
  return key
}

const parameters = route({
  op: 'write',
  path: 'keys/:name/import-parameters',
  about: 'A public key to wrap material with, good for a day.',
  takes: { name, wrapping: choice(wrappings)({ about: 'How the material will be wrapped.', required: true }), wrapping_key: choice(['rsa-2048', 'rsa-3072', 'rsa-4096'])({ about: 'Type of the pair.', default: 'rsa-2048' }) },
  gives: { ticket: text({ about: 'Names the pair when the material comes.', secret: true }), public_key: text({ about: 'DER, base64.' }), expires: integer({ about: 'Milliseconds since 1970.' }) },
  async run(context, input) {
    await needExternal(context.store, input.name)
    const expires = context.now() + lifetime
    const ticket: Ticket = { key: input.name, wrapping: input.wrapping, expires, pair: pairVersion(await generateKeys(keyType(input.wrapping_key)), context.now()) }
    const id = randomBytes(32).toString('hex')
    await context.store.write(importFolder + id, ticket)
    return { ticket: id, public_key: publicOf(ticket.pair).export({ type: 'spki', format: 'der' }).toString('base64'), expires }
  },
})

function unwrap(opener: KeyObject, wrapping: Wrapping, bytes: Buffer): Buffer {
  const oaep = { padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: wrapping.endsWith('sha1') ? 'sha1' : 'sha256' }
  const padding = wrapping === 'pkcs1' ? { padding: constants.RSA_PKCS1_PADDING } : oaep
  const direct = !wrapping.startsWith('aes')
  const modulus = opener.asymmetricKeyDetails!.modulusLength! / 8
  let opened: Buffer | null = null
  try {
    opened = privateDecrypt({ key: opener, ...padding }, direct ? bytes : bytes.subarray(0, modulus))
    if (direct) return opened
    const secret = opened.length === 32 ? unwrapPadded(opened, bytes.subarray(modulus)) : null
    opened.fill(0)
    if (secret) return secret
  } catch {
    // Whatever failed is told in the same words.
  }
  throw new Fault('invalid', 'could not unwrap the material', { reason: ['broken'] })
}

/** A version of the key out of what was unwrapped; `key-material` where it does not fit. */
function versionOf(key: Key, secret: Buffer, now: number): KeyVersion {
  const type = keyType(key.type)
  try {
    if (!isAsymmetric(type)) {
      if (secret.length !== (type.hmac ? key.size : type.aead!.keyBytes)) throw invalid('wrong size')
      return secretVersion(key.type, secret, now)
    }
    const privateKey = parseKey(() => createPrivateKey({ key: secret, format: 'der', type: 'pkcs8' }))
    if (!isOfType(type, privateKey)) throw invalid('wrong type')
    return pairVersion({ privateKey, publicKey: createPublicKey(privateKey) }, now)
  } catch {
    throw new Fault('invalid', `the material is not that of a key of type ${key.type}`, { reason: ['key-material'] })
  }
}

const isOf = ({ fingerprint }: KeyVersion, digest: Buffer): boolean => fingerprint !== undefined && timingSafeEqual(Buffer.from(fingerprint, 'base64'), digest)

/** The key with material that it had before, its first, or, where it is meant to be `fresh`, some for the next rotation; and the number of its version. */
function withMaterial(key: Key, given: KeyVersion, digest: Buffer, fresh: boolean): { changed: Key; number: number } {
  const known = Object.entries(key.versions).find(([, version]) => isOf(version, digest))
  if (known || key.latest === 0) {
    const [number, before] = known ?? ['1', null]
    const version: KeyVersion = { ...given, created: before?.created ?? given.created, ...(before?.cause && { cause: before.cause }) }
    return { changed: { ...key, latest: Math.max(key.latest, 1), versions: { ...key.versions, [number]: version } }, number: Number(number) }
  }
  const rotates = keyType(key.type).aead !== undefined
  if (!rotates || (!fresh && !(key.pending && isOf(key.pending, digest)))) throw new Fault('invalid', 'the material is not the one imported before', { reason: ['key-material-other'] })
  if (key.pending && !isOf(key.pending, digest)) throw new Fault('invalid', 'other material waits for the next rotation', { reason: ['key-material-waits', String(key.latest + 1)] })
  return { changed: { ...key, pending: given }, number: key.latest + 1 }
}

const importMaterial = route({
  op: 'write',
  path: 'keys/:name/material',
  about: 'Import the material of a key.',
  takes: {
    name,
    ticket: text({ about: 'As import-parameters gave it.', required: true, secret: true }),
    material: text({ about: 'The wrapped material, base64.', required: true, secret: true }),
    expires: integer({ about: 'When the material is forgotten, milliseconds since 1970; 0: never.', default: 0 }),
    fresh: boolean({ about: 'Whether other material than the key had is meant: the next rotation takes it on.', default: false }),
  },
  async run(context, input) {
    await needExternal(context.store, input.name)
    const ticket = /^[0-9a-f]{64}$/.test(input.ticket) ? await context.store.read<Ticket>(importFolder + input.ticket) : null
    if (!ticket || ticket.key !== input.name) throw new Fault('invalid', 'not an import of this key', { reason: ['ticket'] })
    if (ticket.expires <= context.now()) throw new Fault('invalid', 'the import has expired', { reason: ['ticket-expired'] })
    const secret = unwrap(privateOf(ticket.pair, 'import'), ticket.wrapping, needBase64(input.material, 'material'))
    const digest = createHash('sha256').update(secret).digest()
    const entry = await context.store.update(async (tx) => {
      const key = await findKey(tx, input.name)
      if (!key) throw absent('no such key')
      refuseEnding(key)
      const given: KeyVersion = { ...versionOf(key, secret, context.now()), fingerprint: digest.toString('base64'), ...(input.expires > 0 && { expires: input.expires }) }
      const { changed, number } = withMaterial(key, given, digest, input.fresh)
      tx.write(keyFolder + key.name, changed)
      if (expiring(changed).length > 0) tx.write(expiryFolder + key.name, {})
      else tx.delete(expiryFolder + key.name)
      tx.delete(importFolder + input.ticket)
      return { ...entryOf(changed), imported_version: number }
    })
    secret.fill(0)
    return entry
  },
})

/** Numbers of the versions whose material ends by itself; the pending one counts as the next. */
function expiring(key: Key, by = Infinity): number[] {
  const all: [number, KeyVersion][] = Object.entries(key.versions).map(([number, version]) => [Number(number), version])
  if (key.pending) all.push([key.latest + 1, key.pending])
  return all.filter(([, { expires }]) => expires !== undefined && expires <= by).map(([number]) => number)
}

/** Leaves of a version what tells that it was there; nothing of one that waits for its rotation. */
function forget(key: Key, number: number): void {
  if (number === key.latest + 1) delete key.pending
  const version = key.versions[number]
  if (!version) return
  const { created, cause, fingerprint } = version
  key.versions[number] = { created, ...(cause && { cause }), ...(fingerprint !== undefined && { fingerprint }) }
}

const deleteMaterial = route({
  op: 'delete',
  path: 'keys/:name/material',
  about: 'Forget the material of a key; it can be imported again.',
  takes: { name, version: integer({ about: 'Of which version, the pending one being the next; default: the newest.' }) },
  async run(context, input) {
    await needExternal(context.store, input.name)
    return entryOf(await changeKey(context.store, input.name, (key) => {
      refuseEnding(key)
      forget(key, input.version ?? key.latest)
    }))
  },
})

export const externalRoutes: Route[] = [parameters, importMaterial, deleteMaterial]

/** Forgets material whose time is over, and imports that nobody finished. */
export const forgetExpired: Chore = {
  name: 'forget imported material',
  every: 60,
  async run({ store, now, signal }) {
    for (const marked of await store.keys(expiryFolder, { limit: 1000 })) {
      signal.throwIfAborted()
      const keyName = marked.slice(expiryFolder.length)
      const key = await findKey(store, keyName)
      if (key && expiring(key, now()).length > 0) await changeKey(store, keyName, (one) => expiring(one, now()).forEach((number) => forget(one, number)))
      const left = await findKey(store, keyName)
      if (!left || expiring(left).length === 0) await store.delete(marked)
    }
    for (const id of await store.keys(importFolder, { limit: 1000 })) {
      const ticket = await store.read<Ticket>(id)
      if (ticket && ticket.expires <= now()) await store.delete(id)
    }
  },
}
