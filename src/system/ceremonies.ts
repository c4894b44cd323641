// The ceremonies over key shares: sys/rekey, sys/rekey-recovery-key, their authenticated twins sys/rotate/root and
// sys/rotate/recovery (OpenBao), and sys/generate-root, in the shapes of Vault 1.x.
import { xor } from '../crypto/encoding.ts'
import { bare } from '../kit/answer.ts'
import { invalid } from '../kit/errors.ts'
import { boolean, integer, list, text } from '../kit/field.ts'
import { route, type Outcome, type Route, type Context } from '../kit/route.ts'
import type { Backups } from '../core/seal/backup.ts'
import type { Rekey } from '../core/seal/rekey.ts'
import type { RootGeneration } from '../core/seal/root-generation.ts'
import { readOnePgpKey, readPgpKeys, withShare, writeKeys } from './key-share.ts'

export interface CeremonyStyle {
  access: 'open' | 'sudo'
  /** Whether answers come in Vault's envelope. */
  enveloped: boolean
  isRoot(context: Context): Promise<boolean>
}

const takesShare = {
  key: text({ about: 'A key share in hex or base64', secret: true, default: '' }),
  nonce: text({ about: 'The nonce of the operation', default: '' }),
}
const takesNonce = { nonce: text({ about: 'The nonce of the operation; needed within ten minutes of its start, unless the caller administers' }) }

/** Who may cancel without knowing the nonce. */
const administers = async (context: Context, { access, isRoot }: CeremonyStyle): Promise<boolean> => access === 'sudo' || isRoot(context)

async function giveShare<T>({ key, nonce }: { key: string; nonce: string }, use: (share: Buffer, nonce: string) => Promise<T>): Promise<T> {
  if (key === '') throw invalid("'key' must be specified in request body as JSON")
  return withShare(key, (share) => use(share, nonce))
}

export function rekeyRoutes(base: string, rekey: Rekey, style: CeremonyStyle): Route[] {
  const { access } = style
  const reply = (body: Record<string, unknown>): Outcome => (style.enveloped ? body : bare(body))
  const status = async (): Promise<Outcome> => {
    const now = await rekey.status()
    return reply({
      nonce: now.nonce, started: now.started, t: now.threshold, n: now.shares, progress: now.progress, required: now.required,
      pgp_fingerprints: now.fingerprints, backup: now.backup, verification_required: now.verificationRequired,
      ...(now.verificationNonce !== '' && { verification_nonce: now.verificationNonce }),
    })
  }
  const verification = (): Outcome => {
    const now = rekey.verificationStatus()
    return reply({ nonce: now.nonce, started: now.started, t: now.threshold, n: now.shares, progress: now.progress })
  }
  return [
    route({ op: 'read', path: `${base}/init`, access, takes: {}, about: 'How far replacing the key shares has come', run: status }),
    route({
      op: 'write', path: `${base}/init`, access,
      about: 'Begins to replace the key shares',
      takes: {
        secret_shares: integer({ about: 'Among how many the new key is cut', default: 0 }),
        secret_threshold: integer({ about: 'How many shares restore it', default: 0 }),
        stored_shares: integer({ about: 'Accepted for older clients' }),
        pgp_keys: list({ about: 'PGP keys in base64 that the new shares are encrypted to, one each' }),
        backup: boolean({ about: 'Whether a copy of the encrypted shares is kept in the store', default: false }),
        require_verification: boolean({ about: 'Whether nothing changes until the new shares have been shown', default: false }),
      },
      run: async (_, input) => {
        const options = { verify: input.require_verification, holders: await readPgpKeys(input.pgp_keys), backup: input.backup }
        await rekey.start({ shares: input.secret_shares, threshold: input.secret_threshold }, options)
        return status()
      },
    }),
    route({
      op: 'delete', path: `${base}/init`, access, takes: takesNonce, about: 'Cancels replacing the key shares',
      run: async (context, { nonce }) => rekey.cancel(nonce, await administers(context, style)),
    }),
    route({
      op: 'write', path: `${base}/update`, access, takes: takesShare, about: 'Gives one present key share; the last one that is needed gives the new shares',
      run: async (_, input) => {
        const result = await giveShare(input, (share, nonce) => rekey.update(share, nonce))
        if (result === null) return status()
        const keys = writeKeys(result.keys)
        return reply({
          nonce: result.nonce, complete: true, keys: keys.hex, keys_base64: keys.base64,
          pgp_fingerprints: result.fingerprints, backup: result.backup,
          verification_required: result.verificationNonce !== '',
          ...(result.verificationNonce !== '' && { verification_nonce: result.verificationNonce }),
        })
      },
    }),
    route({ op: 'read', path: `${base}/verify`, access, takes: {}, about: 'How far the verification of new key shares has come', run: verification }),
    route({
      op: 'write', path: `${base}/verify`, access, takes: takesShare, about: 'Gives one new key share; the last one puts the new shares in force',
      run: async (_, input) => {
        const complete = await giveShare(input, (share, nonce) => rekey.verify(share, nonce))
        return complete ? reply({ nonce: input.nonce, complete }) : verification()
      },
    }),
    route({
      op: 'delete', path: `${base}/verify`, access, takes: {}, about: 'Starts the verification of new key shares again',
      run: async () => {
        await rekey.restartVerification()
        return verification()
      },
    }),
  ]
}

/** What generate-root encoded, read again by who has the one-time password. */
export const decodeTokenRoute = route({
  op: 'write', path: 'decode-token', access: 'open', about: 'Decodes the root token that generate-root gave, by the one-time password',
  takes: {
    encoded_token: text({ about: 'The encoded token', required: true, secret: true }),
    otp: text({ about: 'The one-time password', required: true, secret: true }),
  },
  run(_, { encoded_token, otp }) {
    const [encoded, mask] = [Buffer.from(encoded_token, 'base64'), Buffer.from(otp)]
    if (encoded.length !== mask.length) throw invalid('the one-time password is not as long as the token')
    return { token: xor(encoded, mask).toString() }
  },
})

/** The copy of encrypted shares that a rekey with `backup` left. */
export const backupRoutes = (path: string, backups: Backups, target: 'barrier' | 'recovery'): Route[] => [
  route({
    op: 'read', path, access: 'sudo', takes: {},
    about: 'The backup of encrypted key shares, by the fingerprint of their PGP keys',
    async run() {
      const backup = await backups.read(target)
      if (backup === null) throw invalid('no backed-up keys found')
      const inBase64 = ([fingerprint, shares]: [string, string[]]) => [fingerprint, shares.map((share) => Buffer.from(share, 'hex').toString('base64'))]
      return { ...backup, keys_base64: Object.fromEntries(Object.entries(backup.keys).map(inBase64)) }
    },
  }),
  route({ op: 'delete', path, access: 'sudo', takes: {}, about: 'Deletes the backup of encrypted key shares', run: () => backups.delete(target) }),
]

export function generateRootRoutes(base: string, generation: RootGeneration, style: CeremonyStyle): Route[] {
  const { access } = style
  const reply = (body: Record<string, unknown>): Outcome => (style.enveloped ? body : bare(body))
  const status = async (otp = ''): Promise<Outcome> => {
    const now = await generation.status()
    return reply({
      nonce: now.nonce, started: now.started, progress: now.progress, required: now.required, complete: false,
      encoded_token: '', encoded_root_token: '', pgp_fingerprint: now.fingerprint, otp, otp_length: now.otpLength,
    })
  }
  const attempt = (path: string): Route[] => [
    route({ op: 'read', path, access, takes: {}, about: 'How far making a root token has come', run: () => status() }),
    route({
      op: 'write', path, access, about: 'Begins to make a root token',
      takes: {
        otp: text({ about: 'One-time password that the token is XORed with; made by the server where absent', secret: true }),
        pgp_key: text({ about: 'PGP key in base64 that the token is encrypted to, in place of a one-time password' }),
      },
      run: async (_, { otp, pgp_key }) => status(await generation.start(otp, await readOnePgpKey(pgp_key))),
    }),
    route({
      op: 'delete', path, access, takes: takesNonce, about: 'Cancels making a root token',
      run: async (context, { nonce }) => generation.cancel(nonce, await administers(context, style)),
    }),
  ]
  return [
    ...[base, `${base}/attempt`].flatMap(attempt),
    route({
      op: 'write', path: `${base}/update`, access, takes: takesShare, about: 'Gives one key share; the last one that is needed gives the encoded root token',
      run: async (_, input) => {
        const made = await giveShare(input, (share, nonce) => generation.update(share, nonce))
        if (made === null) return status()
        return reply({
          nonce: made.nonce, started: true, progress: made.required, required: made.required, complete: true,
          encoded_token: made.encodedToken, encoded_root_token: made.encodedToken, pgp_fingerprint: made.fingerprint, otp: '', otp_length: 0,
        })
      },
    }),
  ]
}
