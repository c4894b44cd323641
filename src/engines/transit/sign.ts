// sign and verify: signatures of named keys, over messages or digests made by the caller.
import { createHash, createPublicKey, sign as signMessage, verify as verifyMessage, type KeyObject } from 'node:crypto'
import { invalid } from '../../kit/errors.ts'
import { boolean, choice, integer, text } from '../../kit/field.ts'
import { route, type Route } from '../../kit/route.ts'
import { batchInput, batchResults, runItems, textOf, type Item } from './batch.ts'
import { decodeSignature, encodeSignature, signDigest, verifyDigest } from './ecdsa.ts'
import { algorithmFields, chosenHash, type Hash } from './hash.ts'
import { verifyHmac } from './hmac.ts'
import { demandFields, meet, readings } from './demand.ts'
import { mark, needBase64, needKey, versionAt, versionForUse, type Key } from './key.ts'
import { keyType, signs } from './key-type.ts'
import { deriveEdwards, edwardsPublic, privateOf, publicOf } from './material.ts'
import { maxSalt, signPkcs1, signPss, verifyPkcs1, verifyPss, type SaltLength } from './rsa.ts'

export interface SignOptions {
  hash: Hash
  prehashed: boolean
  algorithm: 'pss' | 'pkcs1v15'
  marshaling: 'asn1' | 'jws'
  salt: SaltLength
  unmarked: boolean
}

const encodingOf = (options: SignOptions): 'base64' | 'base64url' => (options.marshaling === 'jws' ? 'base64url' : 'base64')

/** The digest that is signed; a digest of the caller's own has the hash's length where RSA names the hash. */
function digestOf(options: SignOptions, input: Buffer, rsa: boolean): Buffer {
  const { hash, prehashed } = options
  if (!prehashed) return createHash(hash.digest).update(input).digest()
  if (rsa && hash.bytes > 0 && input.length !== hash.bytes) throw invalid(`input is not a digest of ${hash.name}`)
  return input
}

/** Throws `invalid` where the salt does not fit the key and the hash. */
function checkSalt(key: KeyObject, options: SignOptions): number {
  const most = maxSalt(key, options.hash)
  const wanted = options.salt === 'auto' ? most : options.salt === 'hash' ? options.hash.bytes : options.salt
  if (wanted < 0 || wanted > most) throw invalid(`requested salt length ${wanted} is invalid`)
  return wanted
}

function checkOptions(key: Key, options: SignOptions, what: 'signing' | 'verification'): void {
  if (!signs(keyType(key.type))) throw invalid(`key type ${key.type} does not support ${what}`)
  if (options.hash.bytes === 0 && (!options.prehashed || options.algorithm !== 'pkcs1v15')) {
    throw invalid('hash_algorithm=none requires both prehashed=true and signature_algorithm=pkcs1v15')
  }
}

function signBytes(key: Key, number: number, input: Buffer, context: Buffer, options: SignOptions): { signature: Buffer; publicKey?: Buffer } {
  const type = keyType(key.type)
  const version = versionAt(key, number)
  if (type.edwards) {
    if (!key.derived) return { signature: signMessage(null, input, privateOf(version, 'signing')) }
    const derived = deriveEdwards(key, version, context)
    return { signature: signMessage(null, input, derived), publicKey: edwardsPublic(createPublicKey(derived)) }
  }
  const signer = privateOf(version, 'signing')
  const digest = digestOf(options, input, type.rsaBits !== undefined)
  if (type.curve) return { signature: encodeSignature(signer, signDigest(signer, digest), options.marshaling) }
  if (options.algorithm === 'pkcs1v15') return { signature: signPkcs1(signer, options.hash, digest) }
  return { signature: signPss(signer, options.hash, digest, checkSalt(signer, options)) }
}

function verifyItem(key: Key, item: Item, options: SignOptions): boolean {
  const input = needBase64(textOf(item, 'input'), 'input')
  const context = needBase64(textOf(item, 'context'), 'context')
  return readings(key, textOf(item, 'signature'), 'signature', options.unmarked, encodingOf(options)).some(({ number, bytes }) => verifyBytes(key, number, input, bytes, context, options))
}

function verifyBytes(key: Key, number: number, input: Buffer, bytes: Buffer, context: Buffer, options: SignOptions): boolean {
  const type = keyType(key.type)
  const version = versionAt(key, number)
  if (type.edwards) {
    const verifier = key.derived ? createPublicKey(deriveEdwards(key, version, context)) : publicOf(version)
    return verifyMessage(null, input, verifier, bytes)
  }
  const verifier = publicOf(version)
  const digest = digestOf(options, input, type.rsaBits !== undefined)
  if (type.curve) {
    const signature = decodeSignature(verifier, bytes, options.marshaling)
    if (!signature && !options.unmarked) throw invalid('supplied signature is invalid')
    return signature !== null && verifyDigest(verifier, digest, signature)
  }
  if (options.algorithm === 'pkcs1v15') return verifyPkcs1(verifier, options.hash, digest, bytes)
  checkSalt(verifier, options)
  return verifyPss(verifier, options.hash, digest, bytes, options.salt)
}

function parseSalt(raw: string): SaltLength {
  const lower = raw.toLowerCase()
  if (lower === 'auto' || lower === 'hash') return lower
  const bytes = /^-?\d{1,6}$/.test(lower) ? Number(lower) : NaN
  if (Number.isNaN(bytes)) throw invalid("salt_length: expected 'auto', 'hash' or a number of bytes")
  // Go's libraries, and so Vault, write the two words as 0 and -1.
  return bytes === 0 ? 'auto' : bytes === -1 ? 'hash' : bytes
}

const fields = {
  ...algorithmFields,
  ...demandFields,
  name: text({ about: 'Name of the key.', required: true }),
  input: text({ about: 'The message, or its digest, base64.', secret: true, default: '' }),
  context: text({ about: 'Context of a derived key, base64.', default: '' }),
  prehashed: boolean({ about: 'Whether the input is a digest already.', default: false }),
  signature_algorithm: choice(['pss', 'pkcs1v15', ''])({ about: 'Scheme of RSA keys.', default: 'pss' }),
  marshaling_algorithm: choice(['asn1', 'jws'])({ about: 'Form of the signature: asn1, or jws for JSON web signatures.', default: 'asn1' }),
  salt_length: text({ about: 'Salt of PSS: auto, hash, or a number of bytes.', default: 'auto' }),
  batch_input: batchInput,
}

interface SignInput {
  urlalgorithm: string
  hash_algorithm: string
  algorithm: string
  prehashed: boolean
  signature_algorithm: 'pss' | 'pkcs1v15' | ''
  marshaling_algorithm: 'asn1' | 'jws'
  salt_length: string
  unmarked: boolean
}

const signOptions = (input: SignInput): SignOptions => ({
  hash: chosenHash(input),
  prehashed: input.prehashed,
  algorithm: input.signature_algorithm || 'pss',
  marshaling: input.marshaling_algorithm,
  salt: parseSalt(input.salt_length),
  unmarked: input.unmarked,
})

const sign = route({
  op: 'write',
  path: 'sign/:name/:urlalgorithm?',
  pure: true,
  about: 'Sign the input with the named key.',
  takes: { ...fields, key_version: integer({ about: 'Version to sign with; 0 for the latest.', default: 0 }) },
  gives: {
    signature: text({ about: 'vault:vN: and base64.' }),
    key_version: integer({ about: 'The version that signed.' }),
    public_key: text({ about: 'The public key of the context, for derived keys, base64.' }),
    batch_results: batchResults,
  },
  async run(context, input) {
    const options = signOptions(input)
    const key = await needKey(context.store, input.name, 'signing key not found')
    meet(key, 'sign', input.demand)
    checkOptions(key, options, 'signing')
    const number = versionForUse(key, input.key_version, 'signing')
    return runItems(
      input.batch_input,
      (): Item => ({ input: input.input, context: input.context }),
      (item) => {
        if (item.input === undefined) throw invalid('missing input')
        const { signature, publicKey } = signBytes(
          key, number, needBase64(textOf(item, 'input'), 'input'), needBase64(textOf(item, 'context'), 'context'), options)
        const result = { signature: options.unmarked ? signature.toString('base64') : mark(number, signature, encodingOf(options)), key_version: number }
        return publicKey ? { ...result, [input.batch_input ? 'publickey' : 'public_key']: publicKey.toString('base64') } : result
      },
      { failed: 200, blank: { key_version: 0 } },
    )
  },
})

/** Which of `signature` and `hmac` the items carry; all must carry the same. */
function proofOf(batch: Item[] | undefined, single: Item): 'signature' | 'hmac' {
  const kinds = (batch ?? [single]).map((item) => [item.signature !== undefined, item.hmac !== undefined] as const)
  if (!batch) {
    if (kinds[0]![0] && kinds[0]![1]) throw invalid("provide one of 'signature' or 'hmac'")
    if (!kinds[0]![0] && !kinds[0]![1]) throw invalid("neither a 'signature' nor an 'hmac' were given to verify")
  }
  const signatures = kinds.filter(([signature]) => signature).length
  const hmacs = kinds.filter(([signature, hmac]) => !signature && hmac).length
  if (signatures > 0 && hmacs > 0) throw invalid("elements of batch_input must all provide 'signature' or all provide 'hmac'")
  if (signatures + hmacs === 0) throw invalid("no batch_input elements have 'signature' or 'hmac'")
  const kind = signatures > 0 ? 'signature' : 'hmac'
  if (signatures + hmacs < kinds.length) throw invalid(`some elements of batch_input are missing '${kind}'`)
  return kind
}

const verify = route({
  op: 'write',
  path: 'verify/:name/:urlalgorithm?',
  pure: true,
  about: 'Tell whether a signature or HMAC of the input was made with the named key.',
  takes: {
    ...fields,
    signature: text({ about: 'The signature, with its vault:vN: in front.' }),
    hmac: text({ about: 'The HMAC, with its vault:vN: in front.' }),
  },
  gives: { valid: boolean({ about: 'Whether it was.' }), batch_results: batchResults },
  async run(context, input) {
    const single: Item = { input: input.input, context: input.context }
    if (input.signature !== undefined) single.signature = input.signature
    if (input.hmac !== undefined) single.hmac = input.hmac
    const proof = proofOf(input.batch_input, single)
    const options = signOptions(input)
    const key = await needKey(context.store, input.name, `${proof === 'hmac' ? 'HMAC' : 'signature'} verification key not found`)
    meet(key, proof === 'hmac' ? 'mac' : 'sign', input.demand)
    if (proof === 'signature') checkOptions(key, options, 'verification')
    return runItems(
      input.batch_input,
      () => single,
      (item) => {
        if (item.input === undefined) throw invalid('missing input')
        return { valid: proof === 'hmac' ? verifyHmac(key, options.hash, item, input.unmarked) : verifyItem(key, item, options) }
      },
      { failed: 200, blank: { valid: false } },
    )
  },
})

export const signRoutes: Route[] = [sign, verify]
