// Signatures, public keys and key agreement.
import { Fault } from '../../../kit/errors.ts'
import { AwsFault } from '../errors.ts'
import { type Exchange, operation } from '../operation.ts'
import { blob, boolean, string } from '../shape.ts'
import { ask } from './ask.ts'
import { endDryRun, recipient, refuseRecipient } from './encrypt.ts'
import { kindOf, read, refuse, specView } from './entry.ts'
import { checkTokens, grantTokens } from './grant.ts'
import { type Place, find, keyId } from './reference.ts'
import { type SigningAlgorithm, signingAlgorithms } from './specs.ts'

const others = ['SM2DSA', 'ML_DSA_SHAKE_256', 'ED25519_PH_SHA_512']
const members = {
  KeyId: keyId, Message: blob({ required: true, min: 1, max: 4096, secret: true }), MessageType: string({ words: ['RAW', 'DIGEST', 'EXTERNAL_MU'] }), GrantTokens: grantTokens,
  SigningAlgorithm: string({ required: true, words: [...Object.keys(signingAlgorithms), ...others] }), DryRun: boolean(),
}

interface Asked {
  KeyId: string
  Message: Buffer
  MessageType?: string | undefined
  GrantTokens?: string[] | undefined
  SigningAlgorithm: string
}

/** What the engine is asked, whichever way. */
function bodyOf({ Message, MessageType = 'RAW', SigningAlgorithm: name }: Asked): Record<string, unknown> {
  const algorithm: SigningAlgorithm | undefined = signingAlgorithms[name]
  if (!algorithm) throw new AwsFault('UnsupportedOperationException', `Algorithm ${name} is not supported.`)
  if (MessageType === 'EXTERNAL_MU' || (MessageType === 'DIGEST' && algorithm.raw)) throw new AwsFault('ValidationException', `Message type ${MessageType} is incompatible with algorithm ${name}.`)
  const prehashed = MessageType === 'DIGEST'
  if (prehashed && Message.length !== algorithm.bytes) throw new AwsFault('ValidationException', `Digest is invalid length for algorithm ${name}.`)
  return {
    input: Message.toString('base64'), prehashed, hash_algorithm: algorithm.hash, salt_length: 'hash', unmarked: true, demand: { types: algorithm.types },
    ...(algorithm.scheme && { signature_algorithm: algorithm.scheme }),
  }
}

async function onKey(exchange: Exchange, asked: Asked, path: string, more: Record<string, unknown> = {}): Promise<{ place: Place; reply: Record<string, unknown> }> {
  checkTokens(asked.GrantTokens)
  const place = await find(exchange, asked.KeyId)
  return { place, reply: await ask(exchange, place, 'write', path, { ...bodyOf(asked), ...more }, { algorithm: asked.SigningAlgorithm }) }
}

export const signOperations = [
  operation({
    name: 'Sign',
    about: 'Signs a message or its digest.',
    access: [{ op: 'write', path: 'transit/sign/:name' }],
    input: members,
    shows: ['KeyId', 'MessageType', 'SigningAlgorithm'],
    async run(exchange, input) {
      const { place, reply } = await onKey(exchange, input, 'sign/:name')
      endDryRun(input.DryRun)
      return { KeyId: place.arn, Signature: reply.signature, SigningAlgorithm: input.SigningAlgorithm }
    },
  }),
  operation({
    name: 'Verify',
    about: 'Verifies a signature; a wrong one is an error.',
    access: [{ op: 'write', path: 'transit/verify/:name' }],
    input: { ...members, Signature: blob({ required: true, min: 1, max: 6144 }) },
    shows: ['KeyId', 'MessageType', 'SigningAlgorithm'],
    async run(exchange, input) {
      const { place, reply } = await onKey(exchange, input, 'verify/:name', { signature: input.Signature.toString('base64') })
      if (reply.valid !== true) throw new AwsFault('KMSInvalidSignatureException', '')
      endDryRun(input.DryRun)
      return { KeyId: place.arn, SignatureValid: true, SigningAlgorithm: input.SigningAlgorithm }
    },
  }),
  operation({
    name: 'GetPublicKey',
    about: 'Shows the public part of a key pair.',
    access: [{ op: 'read', path: 'transit/keys/:name' }],
    input: { KeyId: keyId, GrantTokens: grantTokens },
    shows: ['KeyId'],
    async run(exchange, { KeyId, GrantTokens }) {
      checkTokens(GrantTokens)
      const place = await find(exchange, KeyId)
      const entry = await read(exchange, place)
      refuse(place, entry, ['ending', 'empty'])
      const kind = kindOf(entry)
      if (entry.public_key === undefined) throw new AwsFault('UnsupportedOperationException', `${place.arn} key spec is ${kind.spec.name} which is not valid for GetPublicKey.`)
      return { KeyId: place.arn, PublicKey: entry.public_key, ...specView(kind) }
    },
  }),
  operation({
    name: 'DeriveSharedSecret',
    about: 'Agrees on a secret with the holder of another key pair on the same curve (ECDH).',
    access: [{ op: 'write', path: 'transit/shared-secret/:name' }],
    input: { KeyId: keyId, KeyAgreementAlgorithm: string({ required: true, words: ['ECDH'] }), PublicKey: blob({ required: true, min: 1, max: 8192 }), GrantTokens: grantTokens, Recipient: recipient, DryRun: boolean() },
    shows: ['KeyId', 'KeyAgreementAlgorithm'],
    async run(exchange, { KeyId, PublicKey, GrantTokens, Recipient, DryRun }) {
      checkTokens(GrantTokens)
      refuseRecipient(Recipient)
      const place = await find(exchange, KeyId)
      const { shared_secret, external } = await ask(exchange, place, 'write', 'shared-secret/:name', { peer_public_key: PublicKey.toString('base64') }).catch((cause: unknown) => {
        throw cause instanceof Fault && cause.reason?.[0] === 'public-key' ? new AwsFault('ValidationException', '') : cause
      })
      endDryRun(DryRun)
      return { KeyId: place.arn, SharedSecret: shared_secret, KeyAgreementAlgorithm: 'ECDH', KeyOrigin: external ? 'EXTERNAL' : 'AWS_KMS' }
    },
  }),
]
