// The ceremonies over key shares: sys/rekey, sys/rekey-recovery-key, their authenticated twins sys/rotate/root and
// sys/rotate/recovery (OpenBao), and sys/generate-root, in the shapes of Vault 1.x.
import { bare } from '../kit/answer.ts'
import { invalid } from '../kit/errors.ts'
import { boolean, integer, list, text } from '../kit/field.ts'
import { route, type Outcome, type Route, type Context } from '../kit/route.ts'
import type { Rekey } from '../core/seal/rekey.ts'
import type { RootGeneration } from '../core/seal/root-generation.ts'
import { refusePgp, withShare, writeKeys } from './key-share.ts'

export interface CeremonyStyle {
  access: 'open' | 'sudo'
  /** Whether answers come in Vault's envelope. */
  enveloped: boolean
}

const takesShare = {
  key: text({ about: 'A key share in hex or base64', secret: true, default: '' }),
  nonce: text({ about: 'The nonce of the operation', default: '' }),
}
const takesNonce = { nonce: text({ about: 'The nonce of the operation; needed within ten minutes of its start, unless the caller administers' }) }

/** Who may cancel without knowing the nonce. */
const administers = (context: Context, { access }: CeremonyStyle): boolean => access === 'sudo' || context.caller.policies.includes('root')

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
      pgp_fingerprints: null, backup: false, verification_required: now.verificationRequired,
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
        pgp_keys: list({ about: 'Not supported' }),
        backup: boolean({ about: 'Not supported', default: false }),
        require_verification: boolean({ about: 'Whether nothing changes until the new shares have been shown', default: false }),
      },
      run: async (_, input) => {
        refusePgp(input.pgp_keys)
        if (input.backup) throw invalid('cannot request a backup of the new keys without providing PGP keys for encryption')
        await rekey.start({ shares: input.secret_shares, threshold: input.secret_threshold }, input.require_verification)
        return status()
      },
    }),
    route({
      op: 'delete', path: `${base}/init`, access, takes: takesNonce, about: 'Cancels replacing the key shares',
      run: (context, { nonce }) => rekey.cancel(nonce, administers(context, style)),
    }),
    route({
      op: 'write', path: `${base}/update`, access, takes: takesShare, about: 'Gives one present key share; the last one that is needed gives the new shares',
      run: async (_, input) => {
        const result = await giveShare(input, (share, nonce) => rekey.update(share, nonce))
        if (result === null) return status()
        const keys = writeKeys(result.keys)
        return reply({
          nonce: result.nonce, complete: true, keys: keys.hex, keys_base64: keys.base64, pgp_fingerprints: null, backup: false,
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

export function generateRootRoutes(base: string, generation: RootGeneration, style: CeremonyStyle): Route[] {
  const { access } = style
  const reply = (body: Record<string, unknown>): Outcome => (style.enveloped ? body : bare(body))
  const status = async (otp = ''): Promise<Outcome> => {
    const now = await generation.status()
    return reply({
      nonce: now.nonce, started: now.started, progress: now.progress, required: now.required, complete: false,
      encoded_token: '', encoded_root_token: '', pgp_fingerprint: '', otp, otp_length: now.otpLength,
    })
  }
  const attempt = (path: string): Route[] => [
    route({ op: 'read', path, access, takes: {}, about: 'How far making a root token has come', run: () => status() }),
    route({
      op: 'write', path, access, about: 'Begins to make a root token',
      takes: {
        otp: text({ about: 'One-time password that the token is XORed with; made by the server where absent', secret: true }),
        pgp_key: text({ about: 'Not supported' }),
      },
      run: async (_, { otp, pgp_key }) => {
        refusePgp(pgp_key)
        return status(await generation.start(otp))
      },
    }),
    route({
      op: 'delete', path, access, takes: takesNonce, about: 'Cancels making a root token',
      run: (context, { nonce }) => generation.cancel(nonce, administers(context, style)),
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
          encoded_token: made.encodedToken, encoded_root_token: made.encodedToken, pgp_fingerprint: '', otp: '', otp_length: 0,
        })
      },
    }),
  ]
}
