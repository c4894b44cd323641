// `sys/tools/*`: random bytes and hashes.
import { createHash } from 'node:crypto'
import { invalid } from '../kit/errors.ts'
import { choice, integer, text } from '../kit/field.ts'
import { type Route, route } from '../kit/route.ts'

const algorithms: Record<string, string> = { 'sha2-224': 'sha224', 'sha2-256': 'sha256', 'sha2-384': 'sha384', 'sha2-512': 'sha512', 'sha3-224': 'sha3-224', 'sha3-256': 'sha3-256', 'sha3-384': 'sha3-384', 'sha3-512': 'sha3-512' }
const format = choice(['hex', 'base64'])
const sources = ['platform', 'seal', 'all']

/** Bytes and source share one place in the path: `random/32`, `random/platform`, `random/platform/32`. */
function amount(first: string | undefined, second: string | undefined, body: number): number {
  if (second !== undefined && !sources.includes(first!)) throw invalid(`unsupported entropy source "${first}"; must be "platform" or "seal", or "all"`)
  const given = second ?? (first !== undefined && !sources.includes(first) ? first : undefined)
  const bytes = given === undefined ? body : Number(given)
  if (!Number.isInteger(bytes)) throw invalid(`error parsing url-supplied byte count: "${given}" is not a whole number`)
  if (bytes < 1) throw invalid("'bytes' cannot be less than 1")
  if (bytes > 131_072) throw invalid("'bytes' should be less than 131072")
  return bytes
}

export const toolRoutes: Route[] = [
  route({
    op: 'write',
    path: 'tools/random/:source?/:urlbytes?',
    about: 'Gives random bytes.',
    takes: {
      source: text({ about: 'platform, seal or all; all come from the system here.' }),
      urlbytes: text({ about: 'Number of bytes.' }),
      bytes: integer({ about: 'Number of bytes.', default: 32 }),
      format: format({ about: 'How they are written.', default: 'base64' }),
    },
    run: (context, input) => ({ random_bytes: context.random(amount(input.source, input.urlbytes, input.bytes)).toString(input.format) }),
  }),
  route({
    op: 'write',
    path: 'tools/hash/:urlalgorithm?',
    about: 'Hashes base64 data.',
    takes: {
      urlalgorithm: text({ about: 'The algorithm, in the path.' }),
      algorithm: text({ about: `One of ${Object.keys(algorithms).join(', ')}.`, default: 'sha2-256' }),
      input: text({ about: 'Base64 of the data.', required: true, secret: true }),
      format: format({ about: 'How the hash is written.', default: 'hex' }),
    },
    run(_context, input) {
      const name = input.urlalgorithm ?? input.algorithm
      const algorithm = Object.hasOwn(algorithms, name) ? algorithms[name]! : undefined
      if (algorithm === undefined) throw invalid(`unsupported algorithm ${name}`)
      if (!/^[A-Za-z0-9+/]*={0,2}$/.test(input.input)) throw invalid('unable to decode input as base64')
      return { sum: createHash(algorithm).update(Buffer.from(input.input, 'base64')).digest(input.format) }
    },
  }),
]
