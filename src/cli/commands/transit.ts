// strongroom transit import, import-version: brings a key into the transit engine, wrapped for it so that it never travels in clear.
import { constants, publicEncrypt, randomBytes } from 'node:crypto'
import { wrapPadded } from '../../crypto/key-wrap.ts'
import { command } from '../command.ts'
import type { Call } from '../command.ts'
import { parsePairs, readData } from '../pairs.ts'
import { UsageError } from '../usage.ts'

/** `MOUNT/keys/NAME`, or `MOUNT/NAME`. */
function placeOf(path: string): { mount: string; name: string } {
  const found = /^\/*(.+?)(?:\/keys)?\/([^/]+)\/*$/.exec(path)
  if (!found) throw new UsageError('Expected the path of a key: MOUNT/keys/NAME')
  return { mount: found[1]!, name: found[2]! }
}

/** The key itself: raw bytes of a symmetric one, PKCS #8 in DER of a private one. */
async function readKey({ args, shell }: Call): Promise<Buffer> {
  const given = args[1]!
  const text = (given === '-' ? await shell.readInput() : given.startsWith('@') ? readData(given.slice(1)) : given).replace(/\s/g, '')
  if (text === '' || !/^[A-Za-z0-9+/]+={0,2}$/.test(text)) throw new UsageError('The key is not base64')
  return Buffer.from(text, 'base64')
}

/** RSA-OAEP of a key of its own, and the secret under that (vault's `ciphertext`). */
function wrapFor(publicKey: string, secret: Buffer): string {
  const kek = randomBytes(32)
  try {
    const wrappedKek = publicEncrypt({ key: publicKey, oaepHash: 'sha256', padding: constants.RSA_PKCS1_OAEP_PADDING }, kek)
    return Buffer.concat([wrappedKek, wrapPadded(kek, secret)]).toString('base64')
  } finally {
    kek.fill(0)
    secret.fill(0)
  }
}

async function send(call: Call, operation: 'import' | 'import_version'): Promise<number> {
  const { args, out, client, shell } = call
  const { mount, name } = placeOf(args[0]!)
  const options = await parsePairs(args.slice(2), shell)
  const secret = await readKey(call)
  const wrapping = await client.read(`${mount}/wrapping_key`)
  if (typeof wrapping?.data?.public_key !== 'string') throw new UsageError(`No wrapping key found at ${mount}/wrapping_key`)
  const ciphertext = wrapFor(wrapping.data.public_key, secret)
  await client.write(`${mount}/keys/${name}/${operation}`, { ...options, ciphertext })
  return out.done(`Success! Imported ${name} into ${mount}/`)
}

const key = 'KEY is the base64 of the key, "@file" a file with it, "-" standard input: the raw bytes of a symmetric key, or a private key as PKCS #8 in DER.'

export const commands = [
  command({
    name: 'transit import',
    about: 'Import a key into the transit engine',
    takes: 'PATH KEY [OPTION K=V...]',
    arity: [2, Infinity],
    detail: `${key} Options are those of the key: type, exportable, allow_rotation, derived, context …`,
    examples: [['A private key', 'transit import transit/keys/signer @signer.der.b64 type=rsa-2048']],
    doing: ([path]) => `importing ${path}`,
    run: (call) => send(call, 'import'),
  }),
  command({
    name: 'transit import-version',
    about: 'Import a further version of an imported key',
    takes: 'PATH KEY',
    arity: [2, 2],
    detail: key,
    doing: ([path]) => `importing a version of ${path}`,
    run: (call) => send(call, 'import_version'),
  }),
]
