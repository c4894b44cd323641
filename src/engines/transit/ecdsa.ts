// ECDSA over a digest that the caller made: the runtime only signs messages that it hashes itself. FIPS 186-5, section 6.
// Multiplication by secret scalars is left to OpenSSL; what remains of the secret's arithmetic is blinded.
import { createECDH, randomBytes, type KeyObject } from 'node:crypto'
import { curveOf } from './key-type.ts'

interface Curve {
  /** OpenSSL's name. */
  name: string
  bytes: number
  /** The coefficient a is 0 rather than -3. */
  flat?: true
  p: bigint
  n: bigint
  x: bigint
  y: bigint
}

/** SP 800-186, section 3.2.1; and secp256k1 of SEC 2, section 2.4.1. */
const curves: Record<string, Curve> = {
  'P-256': {
    name: 'prime256v1', bytes: 32,
    p: 2n ** 256n - 2n ** 224n + 2n ** 192n + 2n ** 96n - 1n,
    n: 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n,
    x: 0x6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296n,
    y: 0x4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5n,
  },
  'P-384': {
    name: 'secp384r1', bytes: 48,
    p: 2n ** 384n - 2n ** 128n - 2n ** 96n + 2n ** 32n - 1n,
    n: 0xffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf581a0db248b0a77aecec196accc52973n,
    x: 0xaa87ca22be8b05378eb1c71ef320ad746e1d3b628ba79b9859f741e082542a385502f25dbf55296c3a545e3872760ab7n,
    y: 0x3617de4a96262c6f5d9e98bf9292dc29f8f41dbd289a147ce9da3113b5f0b8c00a60b1ce1d7e819d7a431d7c90ea0e5fn,
  },
  'P-521': {
    name: 'secp521r1', bytes: 66,
    p: 2n ** 521n - 1n,
    n: 0x1fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffa51868783bf2f966b7fcc0148f709a5d03bb5c9b8899c47aebb6fb71e91386409n,
    x: 0x00c6858e06b70404e9cd9e3ecb662395b4429c648139053fb521f828af606b4d3dbaa14b5e77efe75928fe1dc127a2ffa8de3348b3c1856a429bf97e7e31c2e5bd66n,
    y: 0x011839296a789a3bc0045c8a5fb42c7d1bd998f54449579b446817afbd17273e662c97ee72995ef42640c550b9013fad0761353c7086a272c24088be94769fd16650n,
  },
  secp256k1: {
    name: 'secp256k1', bytes: 32, flat: true,
    p: 2n ** 256n - 2n ** 32n - 977n,
    n: 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n,
    x: 0x79be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798n,
    y: 0x483ada7726a3c4655da4fbfc0e1108a8fd17b448a68554199c47d08ffb10d4b8n,
  },
}

export interface Signature {
  r: bigint
  s: bigint
}

const curveFor = (key: KeyObject): Curve => curves[curveOf(key)!]!
const toInteger = (bytes: Uint8Array): bigint => (bytes.length === 0 ? 0n : BigInt('0x' + Buffer.from(bytes).toString('hex')))
const toBytes = (value: bigint, length: number): Buffer => Buffer.from(value.toString(16).padStart(length * 2, '0'), 'hex')
const mod = (value: bigint, modulus: bigint): bigint => ((value % modulus) + modulus) % modulus

function inverse(value: bigint, modulus: bigint): bigint {
  let [a, b, x, y] = [mod(value, modulus), modulus, 1n, 0n]
  while (b !== 0n) {
    const quotient = a / b
    ;[a, b, x, y] = [b, a - quotient * b, y, x - quotient * y]
  }
  return mod(x, modulus)
}

/** The leftmost bits of the digest, as many as the order has. */
function digestInteger(digest: Uint8Array, order: bigint): bigint {
  const excess = digest.length * 8 - order.toString(2).length
  return excess > 0 ? toInteger(digest) >> BigInt(excess) : toInteger(digest)
}

/** Uniform in [1, n-1]; 64 extra bits make the bias negligible. */
const randomScalar = (curve: Curve): bigint => (toInteger(randomBytes(curve.bytes + 8)) % (curve.n - 1n)) + 1n

export function signDigest(key: KeyObject, digest: Uint8Array): Signature {
  const curve = curveFor(key)
  const secret = toInteger(Buffer.from(key.export({ format: 'jwk' }).d!, 'base64url'))
  const z = digestInteger(digest, curve.n)
  for (;;) {
    const nonce = randomScalar(curve)
    const ecdh = createECDH(curve.name)
    ecdh.setPrivateKey(toBytes(nonce, curve.bytes))
    const r = toInteger(ecdh.getPublicKey().subarray(1, 1 + curve.bytes)) % curve.n
    const blind = randomScalar(curve)
    const s = (((z * blind + r * ((secret * blind) % curve.n)) % curve.n) * inverse((nonce * blind) % curve.n, curve.n)) % curve.n
    if (r !== 0n && s !== 0n) return { r, s }
  }
}

/** X, Y, Z of x = X/Z², y = Y/Z³; Z = 0 is the point at infinity. */
type Point = [bigint, bigint, bigint]
const infinity: Point = [1n, 1n, 0n]

function double([x, y, z]: Point, { p, flat }: Curve): Point {
  if (z === 0n || y === 0n) return infinity
  const [delta, gamma] = [(z * z) % p, (y * y) % p]
  const beta = (x * gamma) % p
  const alpha = (flat ? 3n * x * x : 3n * (x - delta) * (x + delta)) % p
  const x3 = mod(alpha * alpha - 8n * beta, p)
  return [x3, mod(alpha * (4n * beta - x3) - 8n * gamma * gamma, p), mod((y + z) ** 2n - gamma - delta, p)]
}

function add(left: Point, right: Point, curve: Curve): Point {
  const { p } = curve
  if (left[2] === 0n) return right
  if (right[2] === 0n) return left
  const [z1, z2] = [(left[2] * left[2]) % p, (right[2] * right[2]) % p]
  const [u1, u2] = [(left[0] * z2) % p, (right[0] * z1) % p]
  const [s1, s2] = [(left[1] * right[2] * z2) % p, (right[1] * left[2] * z1) % p]
  if (u1 === u2) return s1 === s2 ? double(left, curve) : infinity
  const [h, w] = [mod(u2 - u1, p), mod(s2 - s1, p)]
  const [h2, h3] = [(h * h) % p, (h * h * h) % p]
  const x = mod(w * w - h3 - 2n * u1 * h2, p)
  return [x, mod(w * (u1 * h2 - x) - s1 * h3, p), (h * left[2] * right[2]) % p]
}

export function verifyDigest(key: KeyObject, digest: Uint8Array, { r, s }: Signature): boolean {
  const curve = curveFor(key)
  const { p, n } = curve
  if (r < 1n || r >= n || s < 1n || s >= n) return false
  const jwk = key.export({ format: 'jwk' })
  const own: Point = [toInteger(Buffer.from(jwk.x!, 'base64url')), toInteger(Buffer.from(jwk.y!, 'base64url')), 1n]
  const base: Point = [curve.x, curve.y, 1n]
  const w = inverse(s, n)
  const [u1, u2] = [(digestInteger(digest, n) * w) % n, (r * w) % n]
  const both = add(base, own, curve)
  let sum = infinity
  for (let bit = BigInt(curve.bytes * 8); bit >= 0n; bit--) {
    sum = double(sum, curve)
    const [one, two] = [(u1 >> bit) & 1n, (u2 >> bit) & 1n]
    if (one || two) sum = add(sum, one ? (two ? both : base) : own, curve)
  }
  if (sum[2] === 0n) return false
  const zInverse = inverse(sum[2], p)
  return ((sum[0] * zInverse * zInverse) % p) % n === r
}

/** ASN.1 (X.509, OpenSSL) or r and s side by side (JWS). */
export function encodeSignature(key: KeyObject, { r, s }: Signature, marshaling: 'asn1' | 'jws'): Buffer {
  const { bytes } = curveFor(key)
  if (marshaling === 'jws') return Buffer.concat([toBytes(r, bytes), toBytes(s, bytes)])
  const body = Buffer.concat([r, s].map((value) => {
    const hex = value.toString(16)
    const digits = Buffer.from(hex.length % 2 ? `0${hex}` : hex, 'hex')
    const content = digits[0]! & 0x80 ? Buffer.concat([Buffer.of(0), digits]) : digits
    return Buffer.concat([Buffer.of(2, content.length), content])
  }))
  return Buffer.concat([body.length < 128 ? Buffer.of(0x30, body.length) : Buffer.of(0x30, 0x81, body.length), body])
}

/** Null where the bytes are no signature in canonical form. */
export function decodeSignature(key: KeyObject, bytes: Buffer, marshaling: 'asn1' | 'jws'): Signature | null {
  const half = curveFor(key).bytes
  if (marshaling === 'jws') {
    return bytes.length === 2 * half ? { r: toInteger(bytes.subarray(0, half)), s: toInteger(bytes.subarray(half)) } : null
  }
  let at = 0
  const integer = (): bigint => {
    const length = bytes[at + 1] ?? 0
    const content = bytes.subarray(at + 2, at + 2 + length)
    at += 2 + length
    return toInteger(content)
  }
  at = bytes[1] === 0x81 ? 3 : 2
  const found = { r: integer(), s: integer() }
  return encodeSignature(key, found, 'asn1').equals(bytes) ? found : null
}
