// derive-key: a symmetric key agreed upon with someone who holds another key pair (ECDH, then HKDF-SHA256).
import { createPublicKey, diffieHellman, type KeyObject } from 'node:crypto'
import { Fault, invalid } from '../../kit/errors.ts'
import { boolean, choice, integer, text } from '../../kit/field.ts'
import { route, type Route } from '../../kit/route.ts'
import { parseKey, storeImported } from './import.ts'
import { blankKey, needBase64, needKey, needPurpose, secretVersion, versionAt } from './key.ts'
import { isOfType, keyType } from './key-type.ts'
import { hkdf, privateOf } from './material.ts'

const deriveKey = route({
  op: 'write',
  path: 'derive-key/:name',
  about: 'Make a symmetric key from an ECDSA key of this mount and the public key of a peer; the peer derives the same.',
  takes: {
    name: text({ about: 'Name of the key to make.', required: true }),
    key_derivation_algorithm: choice(['ecdh'])({ about: 'How to agree.', default: 'ecdh' }),
    peer_public_key: text({ about: "The peer's elliptic curve public key, PEM.", default: '' }),
    base_key_name: text({ about: "Name of the key pair that is one's own.", default: '' }),
    base_key_version: integer({ about: 'Its version; 0 for the latest.', default: 0 }),
    derived_key_type: text({ about: 'Type of the key to make, one of the AEAD types.', default: 'aes256-gcm96' }),
  },
  async run(context, input) {
    if (input.peer_public_key === '') throw invalid('peer public key not provided')
    const type = keyType(input.derived_key_type.toLowerCase())
    if (!type.aead) throw invalid(`unknown key type ${input.derived_key_type}`)
    const base = await needKey(context.store, input.base_key_name, 'specified base key not found')
    needPurpose(base, 'agree')
    const baseType = keyType(base.type)
    if (!baseType.curve) throw invalid(`base key type ${base.type} does not support key agreement`)
    const publicKey = parseKey(() => createPublicKey(input.peer_public_key))
    if (!isOfType(baseType, publicKey)) throw invalid(`base private key type ${base.type} does not match peer public key curve`)
    const privateKey = privateOf(versionAt(base, input.base_key_version || base.latest), 'key agreement')
    const secret = hkdf(diffieHellman({ privateKey, publicKey }), Buffer.alloc(0), type.aead.keyBytes)
    await storeImported(context.store, blankKey(input.name, type.name, { imported: true }), secretVersion(type.name, secret, context.now()))
  },
})

function readPublic(der: Buffer): KeyObject | null {
  try {
    return createPublicKey({ key: der, format: 'der', type: 'spki' })
  } catch {
    return null
  }
}

const sharedSecret = route({
  op: 'write',
  path: 'shared-secret/:name',
  about: 'The bare secret shared with the holder of another key on the same curve (ECDH); derive keys from it before use.',
  takes: { name: text({ about: 'Name of the key.', required: true }), peer_public_key: text({ about: "The peer's public key, DER, base64.", required: true }) },
  gives: { external: boolean({ about: 'Whether the key came from outside.' }), shared_secret: text({ about: 'The x-coordinate of the shared point, base64.', secret: true }) },
  async run(context, input) {
    const key = await needKey(context.store, input.name)
    needPurpose(key, 'agree')
    const type = keyType(key.type)
    if (!type.curve) throw invalid(`key type ${key.type} does not support key agreement`)
    const publicKey = readPublic(needBase64(input.peer_public_key, 'peer_public_key'))
    if (!publicKey || !isOfType(type, publicKey)) throw new Fault('invalid', 'the public key is not one on the curve of the key', { reason: ['public-key'] })
    return { external: key.external === true, shared_secret: diffieHellman({ privateKey: privateOf(versionAt(key, key.latest), 'key agreement'), publicKey }).toString('base64') }
  },
})

export const deriveRoutes: Route[] = [deriveKey, sharedSecret]
