// Names of hash algorithms as Vault writes them, and the routes that hash and draw random bytes.
import { createHash } from 'node:crypto'
import { invalid } from '../../kit/errors.ts'
import { choice, integer, text } from '../../kit/field.ts'
import { route, type Context, type Route } from '../../kit/route.ts'
import { needBase64 } from './key.ts'

export interface Hash {
  name: string
  /** The runtime's name. */
  digest: string
  bytes: number
  /** DER of DigestInfo before the digest. RFC 8017, section 9.2, note 1. */
  digestInfo: Buffer
}

const row = (name: string, digest: string, bytes: number, digestInfo: string): [string, Hash] =>
  [name, { name, digest, bytes, digestInfo: Buffer.from(digestInfo, 'hex') }]
/** SHA-2 and SHA-3 share one arc of object identifiers: 2.16.840.1.101.3.4.2. */
const nist = (name: string, digest: string, bytes: number, arc: number): [string, Hash] =>
  row(name, digest, bytes, Buffer.from([0x30, bytes + 17, 0x30, 13, 6, 9, 0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, arc, 5, 0, 4, bytes]).toString('hex'))

const hashes = new Map<string, Hash>([
  row('none', '', 0, ''),
  row('sha1', 'sha1', 20, '3021300906052b0e03021a05000414'),
  nist('sha2-224', 'sha224', 28, 4),
  nist('sha2-256', 'sha256', 32, 1),
  nist('sha2-384', 'sha384', 48, 2),
  nist('sha2-512', 'sha512', 64, 3),
  nist('sha3-224', 'sha3-224', 28, 7),
  nist('sha3-256', 'sha3-256', 32, 8),
  nist('sha3-384', 'sha3-384', 48, 9),
  nist('sha3-512', 'sha3-512', 64, 10),
])

export function needHash(name: string): Hash {
  const found = hashes.get(name)
  if (!found) throw invalid(`invalid hash algorithm "${name.slice(0, 32)}"`)
  return found
}

/** The fields that name an algorithm, in the order in which they win. */
export const algorithmFields = {
  urlalgorithm: text({ about: 'Hash algorithm, in the path.', default: '' }),
  hash_algorithm: text({ about: 'Hash algorithm: sha1, sha2-224 … sha2-512, sha3-224 … sha3-512, or none; default sha2-256.', default: '' }),
  algorithm: text({ about: 'Hash algorithm; the older name of hash_algorithm.', default: '' }),
}

export const chosenHash = (input: { urlalgorithm: string; hash_algorithm: string; algorithm: string }): Hash =>
  needHash(input.urlalgorithm || input.hash_algorithm || input.algorithm || 'sha2-256')

const hash = route({
  op: 'write',
  path: 'hash/:urlalgorithm?',
  about: 'The hash of the input.',
  takes: {
    ...algorithmFields,
    input: text({ about: 'What to hash, base64.', secret: true, default: '' }),
    format: choice(['hex', 'base64'])({ about: 'Encoding of the answer.', default: 'hex' }),
  },
  gives: { sum: text({ about: 'The hash.' }) },
  run(_context, input) {
    const chosen = chosenHash(input)
    if (chosen.bytes === 0) throw invalid('unsupported algorithm none')
    return { sum: createHash(chosen.digest).update(needBase64(input.input, 'input')).digest(input.format) }
  },
})

const maxRandom = 131072
const sources = ['platform', 'seal', 'all']
const randomFields = {
  bytes: integer({ about: 'Number of bytes.', default: 32 }),
  format: choice(['hex', 'base64'])({ about: 'Encoding of the answer.', default: 'base64' }),
}
const sourceField = text({
  about: 'Where the bytes come from: platform, seal or all; every one is the generator of this server. A number stands for bytes.',
  default: 'platform',
})

/** `first` may be a source or, as in `random/64`, the number of bytes. */
function draw(context: Context, first: string, amount: number | string, format: 'hex' | 'base64') {
  const numeric = /^\d+$/.test(first)
  if (!numeric && !sources.includes(first)) throw invalid(`unsupported entropy source "${first.slice(0, 32)}"; must be "platform", "seal" or "all"`)
  const bytes = numeric ? Number(first) : Number(amount)
  if (!Number.isInteger(bytes) || bytes < 1) throw invalid('"bytes" cannot be less than 1')
  if (bytes > maxRandom) throw invalid(`"bytes" should be less than ${maxRandom}`)
  return { random_bytes: context.random(bytes).toString(format) }
}

const randomGives = { random_bytes: text({ about: 'The bytes.', secret: true }) }

const random: Route[] = [
  route({
    op: 'write',
    path: 'random/:source?',
    about: 'Random bytes.',
    takes: { ...randomFields, source: sourceField },
    gives: randomGives,
    run: (context, input) => draw(context, input.source, input.bytes, input.format),
  }),
  route({
    op: 'write',
    path: 'random/:source/:urlbytes',
    about: 'Random bytes, source and number in the path.',
    takes: { ...randomFields, source: sourceField, urlbytes: text({ about: 'Number of bytes.', required: true }) },
    gives: randomGives,
    run: (context, input) => draw(context, input.source, input.urlbytes, input.format),
  }),
]

export const hashRoutes: Route[] = [hash, ...random]
