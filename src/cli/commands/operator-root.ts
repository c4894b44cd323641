// strongroom operator generate-root
import type { Data } from '../../sdk/secret.ts'
import { command, flag } from '../command.ts'
import type { Call } from '../command.ts'
import { pgpKeyOf } from '../pgp.ts'
import { askShare } from '../question.ts'
import { show } from '../text.ts'
import { UsageError } from '../usage.ts'

const flags = {
  init: flag.boolean('Begin.'),
  cancel: flag.boolean('Give up what was begun, shares and all.'),
  status: flag.boolean('Show how far it is.'),
  decode: flag.text('Encoded token to decode with -otp; "-" reads it from standard input.'),
  'generate-otp': flag.boolean('Print a one-time password for -init.'),
  otp: flag.text('One-time password that hides the token.'),
  'pgp-key': flag.text('File with the PGP key that encrypts the token.'),
  nonce: flag.text('Nonce of the attempt, for each share.'),
  'recovery-token': flag.boolean('', { hidden: true }),
  'dr-token': flag.boolean('', { hidden: true }),
}
type RootCall = Call<typeof flags>

const base62 = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'

/** As many characters as the server's tokens have: it says so in the status. */
async function generateOtp({ client }: RootCall): Promise<string> {
  const { otp_length: length = 28 } = (await client.json<{ otp_length?: number }>('GET', 'sys/generate-root/attempt'))!
  const { randomInt } = await import('node:crypto')
  return Array.from({ length }, () => base62[randomInt(base62.length)]).join('')
}

/** The token: the encoded bytes and the password's, combined by exclusive or. */
function decode(encoded: string, otp: string | undefined): string {
  if (!otp) throw new UsageError('Missing otp: use -otp to supply it')
  const bytes = Buffer.from(encoded, 'base64')
  const mask = Buffer.from(otp, 'utf8')
  if (bytes.length !== mask.length) throw new UsageError('The one-time password is not as long as the token')
  return Buffer.from(bytes.map((byte, at) => byte ^ mask[at]!)).toString('utf8')
}

async function print({ out }: RootCall, status: Data): Promise<number> {
  if (!out.isTable) return out.structured(status)
  const rows = [
    ['Nonce', show(status.nonce ?? '')],
    ['Started', show(status.started)],
    ['Progress', `${show(status.progress)}/${show(status.required)}`],
    ['Complete', show(status.complete)],
  ]
  if (status.pgp_fingerprint) rows.push(['PGP Fingerprint', show(status.pgp_fingerprint)])
  const encoded = status.encoded_token || status.encoded_root_token
  if (encoded) rows.push(['Encoded Token', show(encoded)])
  if (status.otp) rows.push(['OTP', show(status.otp)])
  if (status.otp_length) rows.push(['OTP Length', show(status.otp_length)])
  out.columns(rows)
  return 0
}

async function begin(call: RootCall): Promise<number> {
  const { flags: given, client } = call
  if (given.otp && given['pgp-key']) throw new UsageError('Cannot specify both -otp and -pgp-key')
  const body = {
    ...(given.otp && { otp: given.otp }),
    ...(given['pgp-key'] && { pgp_key: pgpKeyOf(given['pgp-key']) }),
  }
  return print(call, (await client.json('PUT', 'sys/generate-root/attempt', { body }))!)
}

async function provide(call: RootCall): Promise<number> {
  const { args, flags: given, client } = call
  const status = (await client.json<Data>('GET', 'sys/generate-root/attempt'))!
  if (!status.started) throw new UsageError('No root generation is in progress. Start one with -init.')
  const share = await askShare(call)
  const nonce = given.nonce ?? (args[0] === undefined ? status.nonce : undefined)
  if (nonce === undefined) throw new UsageError('Missing nonce value: use -nonce')
  return print(call, (await client.json('PUT', 'sys/generate-root/update', { body: { key: share, nonce } }))!)
}

export const commands = [
  command({
    name: 'operator generate-root',
    about: 'Generates a new root token',
    takes: '[KEY]',
    arity: [0, 1],
    detail: 'A root token is made by a quorum of the holders of unseal keys: one begins with -init and passes the nonce on, each gives a share, the last sees the encoded token, and who holds the one-time password decodes it.',
    examples: [
      ['Begin', 'operator generate-root -init'],
      ['Give a share', 'operator generate-root -nonce=…'],
      ['Decode', 'operator generate-root -decode=… -otp=…'],
    ],
    flags,
    doing: () => 'generating root',
    async run(call) {
      const { flags: given, out, client, shell } = call
      if (given['generate-otp']) {
        const otp = await generateOtp(call)
        return out.isTable ? (out.line(otp), 0) : out.structured({ otp, otp_length: otp.length })
      }
      if (given.decode !== undefined) {
        const token = decode(given.decode === '-' ? (await shell.readInput()).trim() : given.decode, given.otp)
        return out.isTable ? (out.line(token), 0) : out.structured({ token })
      }
      if (given.cancel) {
        await client.request('DELETE', 'sys/generate-root/attempt')
        return out.done('Success! Root token generation canceled (if it was started)')
      }
      if (given.init) return begin(call)
      if (given.status) return print(call, (await client.json('GET', 'sys/generate-root/attempt'))!)
      return provide(call)
    },
  }),
]
