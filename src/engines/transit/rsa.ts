// RSA signatures over a digest that the caller made: the runtime only signs messages that it hashes itself. RFC 8017, sections 8 and 9.
import { constants, createHash, privateEncrypt, publicDecrypt, randomBytes, timingSafeEqual, type KeyObject } from 'node:crypto'
import { xor } from '../../crypto/encoding.ts'
import { invalid } from '../../kit/errors.ts'
import type { Hash } from './hash.ts'

/** Bytes of salt, `auto` for as many as fit (and, when verifying, any number), `hash` for the hash's length. */
export type SaltLength = number | 'auto' | 'hash'

const modulusBits = (key: KeyObject): number => key.asymmetricKeyDetails!.modulusLength!
const encodedBytes = (key: KeyObject): number => Math.ceil((modulusBits(key) - 1) / 8)

/** The largest salt that the key has room for; negative where not even the hash fits. */
export const maxSalt = (key: KeyObject, hash: Hash): number => encodedBytes(key) - hash.bytes - 2

/** Throws `invalid` where hash `none` lets an input come that the modulus has no room for. */
export function signPkcs1(key: KeyObject, hash: Hash, digest: Buffer): Buffer {
  const block = Buffer.concat([hash.digestInfo, digest])
  if (block.length > modulusBits(key) / 8 - 11) throw invalid('input is too long for this key')
  return privateEncrypt({ key, padding: constants.RSA_PKCS1_PADDING }, block)
}

export function verifyPkcs1(key: KeyObject, hash: Hash, digest: Buffer, signature: Buffer): boolean {
  const opened = open(key, constants.RSA_PKCS1_PADDING, signature)
  return opened !== null && opened.equals(Buffer.concat([hash.digestInfo, digest]))
}

function open(key: KeyObject, padding: number, signature: Buffer): Buffer | null {
  try {
    return publicDecrypt({ key, padding }, signature)
  } catch {
    return null
  }
}

function mask(hash: Hash, seed: Buffer, length: number): Buffer {
  const blocks: Buffer[] = []
  for (let at = 0; at * hash.bytes < length; at++) {
    const counter = Buffer.alloc(4)
    counter.writeUInt32BE(at)
    blocks.push(createHash(hash.digest).update(seed).update(counter).digest())
  }
  return Buffer.concat(blocks).subarray(0, length)
}

const stamp = (hash: Hash, digest: Buffer, salt: Buffer): Buffer =>
  createHash(hash.digest).update(Buffer.alloc(8)).update(digest).update(salt).digest()
/** Bits of the first byte that the modulus leaves no room for. */
const clearMask = (key: KeyObject): number => 0xff >> (8 * encodedBytes(key) - (modulusBits(key) - 1))

/** EMSA-PSS, section 9.1.1. `salt` is a length that fits. */
export function signPss(key: KeyObject, hash: Hash, digest: Buffer, saltBytes: number): Buffer {
  const length = encodedBytes(key)
  const salt = randomBytes(saltBytes)
  const h = stamp(hash, digest, salt)
  const block = Buffer.concat([Buffer.alloc(length - saltBytes - hash.bytes - 2), Buffer.of(1), salt])
  const masked = xor(block, mask(hash, h, block.length))
  masked[0]! &= clearMask(key)
  const encoded = Buffer.concat([masked, h, Buffer.of(0xbc)])
  return privateEncrypt({ key, padding: constants.RSA_NO_PADDING }, Buffer.concat([Buffer.alloc(modulusBits(key) / 8 - length), encoded]))
}

/** Section 9.1.2; with `auto` any salt length is taken. */
export function verifyPss(key: KeyObject, hash: Hash, digest: Buffer, signature: Buffer, saltLength: SaltLength): boolean {
  if (signature.length !== modulusBits(key) / 8 || maxSalt(key, hash) < 0) return false
  const opened = open(key, constants.RSA_NO_PADDING, signature)
  if (!opened) return false
  const encoded = opened.subarray(opened.length - encodedBytes(key))
  const masked = encoded.subarray(0, encoded.length - hash.bytes - 1)
  const h = encoded.subarray(masked.length, masked.length + hash.bytes)
  if (encoded[encoded.length - 1] !== 0xbc || (masked[0]! & ~clearMask(key)) !== 0) return false
  const block = xor(masked, mask(hash, h, masked.length))
  block[0]! &= clearMask(key)
  const at = block.findIndex((byte) => byte !== 0)
  if (at < 0 || block[at] !== 1) return false
  const salt = block.subarray(at + 1)
  const wanted = saltLength === 'hash' ? hash.bytes : saltLength
  if (wanted !== 'auto' && wanted !== salt.length) return false
  return timingSafeEqual(h, stamp(hash, digest, salt))
}
