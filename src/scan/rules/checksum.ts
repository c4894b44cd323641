// Checksums and structures that formats of secrets carry, and which rules' findings can be checked by them offline.
import { bip39Words } from './bip39-words.ts'

/** Loaded with the first checksum: cryptography takes longer to load than many a scan. */
const createHash = (algorithm: string): import('node:crypto').Hash => process.getBuiltinModule('node:crypto').createHash(algorithm)
const crc32 = (text: string): number => process.getBuiltinModule('node:zlib').crc32(text)

const base62 = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'
const base58 = '123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz'
const base32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'
const bech32 = 'qpzry9x8gf2tvdw0s3jn54khce6mua7l'

/**
 * Findings of these rules end in a checksum: true where it holds. It does not hold in made-up examples, so that a finding
 * that fails is reported with low confidence rather than dropped.
 */
export const checksums: Record<string, (secret: string) => boolean> = {
  'github-pat': hasCrc62,
  'github-oauth-token': hasCrc62,
  'github-app-user-token': hasCrc62,
  'github-app-token': hasCrc62,
  'github-refresh-token': hasCrc62,
  'npm-token': hasCrc62,
  'gitlab-pat-routable': hasCrc36,
  'gitlab-pat-versioned': hasCrc36,
  'gitlab-runner-token-routable': hasCrc36,
}

/**
 * GitHub's and npm's: the last six characters are the CRC-32 of those after the prefix, in base 62.
 * https://github.blog/engineering/platform-security/behind-githubs-new-authentication-token-formats/
 */
export function hasCrc62(token: string): boolean {
  const body = token.slice(token.indexOf('_') + 1, -6)
  return token.slice(-6) === crc62(body)
}

/** The six characters that complete a token of GitHub or npm whose body after the prefix is `body`. */
export function crc62(body: string): string {
  let left = crc32(body)
  let text = ''
  for (let index = 0; index < 6; index += 1) {
    text = base62[left % 62]! + text
    left = Math.floor(left / 62)
  }
  return text
}

/**
 * GitLab's routable tokens end in seven digits of base 36: the CRC-32 of all that stands before them.
 * https://docs.gitlab.com/development/cells/
 */
export function hasCrc36(token: string): boolean {
  return token.slice(-7) === crc32(token.slice(0, -7)).toString(36).padStart(7, '0')
}

/** The number of the AWS account that an access key id was made in, or null for ids made before 2019 or made up. */
export function awsAccountOf(keyId: string): string | null {
  let bits = 0n
  for (const char of keyId.slice(4, 14)) {
    const value = base32.indexOf(char)
    if (value < 0) return null
    bits = (bits << 5n) | BigInt(value)
  }
  const account = ((bits >> 2n) & 0x7fffffffff80n) >> 7n
  return account < 1_000_000_000_000n ? account.toString().padStart(12, '0') : null
}

/** Bech32 (BIP-173) as age uses it: without the limit of ninety characters. */
export function isBech32(text: string): boolean {
  const lower = text.toLowerCase()
  const split = lower.lastIndexOf('1')
  if (split < 1 || (text !== lower && text !== text.toUpperCase())) return false
  const prefix = Array.from(lower.slice(0, split), char => char.charCodeAt(0))
  const data = Array.from(lower.slice(split + 1), char => bech32.indexOf(char))
  if (data.includes(-1)) return false
  return bech32Sum([...prefix.map(code => code >> 5), 0, ...prefix.map(code => code & 31), ...data]) === 1
}

/** The six characters that make `text` (a prefix, `1`, data) valid Bech32. */
export function bech32Checksum(text: string): string {
  const lower = text.toLowerCase()
  const split = lower.lastIndexOf('1')
  const prefix = Array.from(lower.slice(0, split), char => char.charCodeAt(0))
  const data = Array.from(lower.slice(split + 1), char => bech32.indexOf(char))
  const sum = bech32Sum([...prefix.map(code => code >> 5), 0, ...prefix.map(code => code & 31), ...data, 0, 0, 0, 0, 0, 0]) ^ 1
  return Array.from({ length: 6 }, (_, index) => bech32[(sum >> (5 * (5 - index))) & 31]).join('')
}

function bech32Sum(values: number[]): number {
  const generator = [0x3b6a57b2, 0x26508e6d, 0x1ea119fa, 0x3d4233dd, 0x2a1462b3]
  let sum = 1
  for (const value of values) {
    const top = sum >>> 25
    sum = ((sum & 0x1ffffff) << 5) ^ value
    for (let bit = 0; bit < 5; bit += 1) if ((top >> bit) & 1) sum ^= generator[bit]!
  }
  return sum
}

/** The bytes of a Base58Check text (as Bitcoin writes keys), or null where its checksum fails. */
export function fromBase58Check(text: string): Uint8Array | null {
  let number = 0n
  for (const char of text) {
    const value = base58.indexOf(char)
    if (value < 0) return null
    number = number * 58n + BigInt(value)
  }
  const digits = number.toString(16)
  const bytes = Buffer.from(digits.padStart(digits.length + (digits.length % 2), '0'), 'hex')
  const payload = bytes.subarray(0, -4)
  return doubleHash(payload).subarray(0, 4).equals(bytes.subarray(-4)) ? payload : null
}

/** Base58Check of bytes whose first is not zero. */
export function toBase58Check(payload: Uint8Array): string {
  let number = BigInt(`0x${Buffer.concat([payload, doubleHash(payload).subarray(0, 4)]).toString('hex')}`)
  let text = ''
  for (; number > 0n; number /= 58n) text = base58[Number(number % 58n)]! + text
  return text
}

function doubleHash(bytes: Uint8Array): Buffer {
  return createHash('sha256').update(createHash('sha256').update(bytes).digest()).digest()
}

/** Do twelve to twenty-four words among these, in a row, form a BIP-39 seed with the right checksum? */
export function hasMnemonic(text: string): boolean {
  const words = text.split(/[\s,]+/)
  for (const length of [24, 21, 18, 15, 12]) {
    for (let start = 0; start + length <= words.length; start += 1) {
      if (isMnemonic(words.slice(start, start + length))) return true
    }
  }
  return false
}

function isMnemonic(words: string[]): boolean {
  let bits = ''
  for (const word of words) {
    const place = placeOf(word)
    if (place < 0) return false
    bits += place.toString(2).padStart(11, '0')
  }
  if (new Set(words).size < 4) return false
  const entropyBits = (words.length * 32) / 3
  const entropy = Buffer.from(bits.slice(0, entropyBits).match(/.{8}/g)!.map(byte => parseInt(byte, 2)))
  const sum = createHash('sha256').update(entropy).digest()[0]!.toString(2).padStart(8, '0')
  return bits.slice(entropyBits) === sum.slice(0, bits.length - entropyBits)
}

/** The words of a BIP-39 seed of these bytes of entropy (16 to 32 of them). */
export function mnemonicOf(entropy: Uint8Array): string {
  const bits = [...entropy].map(byte => byte.toString(2).padStart(8, '0')).join('')
  const sum = createHash('sha256').update(entropy).digest()[0]!.toString(2).padStart(8, '0')
  return (bits + sum.slice(0, bits.length / 32)).match(/.{11}/g)!.map(place => bip39Words[parseInt(place, 2)]).join(' ')
}

let places: Map<string, number> | undefined

function placeOf(word: string): number {
  places ??= new Map(bip39Words.map((each, index) => [each, index]))
  return places.get(word) ?? -1
}

/** The header of a JSON Web Token, or null where the first part is not one. */
export function jwtHeader(token: string): { alg: string } | null {
  try {
    const header: unknown = JSON.parse(Buffer.from(token.slice(0, token.indexOf('.')), 'base64url').toString())
    return typeof header === 'object' && header !== null && 'alg' in header && typeof header.alg === 'string' ? { alg: header.alg } : null
  } catch {
    return null
  }
}
