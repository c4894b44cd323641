// The ceremony that makes a root token: holders of the key shares allow it, and the token is handed out only XORed with a
// one-time password that whoever started it knows (as in Vault: unpadded standard base64), or encrypted to that one's PGP key.
import { randomBase62, xor } from '../../crypto/encoding.ts'
import type { PgpKey } from '../../crypto/pgp.ts'
import { invalid } from '../../kit/errors.ts'
import { Ceremony, neededShares, type Authority } from './ceremony.ts'

export interface RootGenerationStatus {
  nonce: string
  started: boolean
  progress: number
  required: number
  otpLength: number
  /** Of the PGP key that the token will be encrypted to; else empty. */
  fingerprint: string
}

export interface RootGenerationResult {
  nonce: string
  encodedToken: string
  required: number
  fingerprint: string
}

/** What hides the token on its way. */
type Cover = { otp: string } | { recipient: PgpKey }

const fingerprintOf = (cover: Cover | undefined): string => (cover && 'recipient' in cover ? cover.recipient.fingerprint : '')

async function hide(token: Buffer, cover: Cover): Promise<string> {
  if ('recipient' in cover) return (await cover.recipient.encrypt(token)).toString('base64')
  return xor(token, Buffer.from(cover.otp)).toString('base64').replace(/=+$/, '')
}

export class RootGeneration {
  readonly #authority: Authority
  #pending: { ceremony: Ceremony; cover: Cover } | null = null

  constructor(authority: Authority) {
    this.#authority = authority
  }

  async status(): Promise<RootGenerationStatus> {
    const ceremony = this.#pending?.ceremony
    const required = await neededShares(this.#authority)
    return {
      nonce: ceremony?.nonce ?? '', started: ceremony !== undefined, progress: ceremony?.quorum.progress ?? 0, required,
      otpLength: this.#authority.rootTokenLength, fingerprint: fingerprintOf(this.#pending?.cover),
    }
  }

  /** Gives the one-time password where it made one, since neither was brought; else the empty text. */
  start(otp?: string, recipient?: PgpKey): Promise<string> {
    return this.#authority.inTurn(async () => {
      const length = this.#authority.rootTokenLength
      if (otp && recipient) throw invalid('otp and pgp_key exclude each other')
      if (otp && Buffer.byteLength(otp) !== length) throw invalid(`OTP string is wrong length: ${length} bytes are needed`)
      const required = await neededShares(this.#authority)
      if (this.#pending !== null) throw invalid('root generation already in progress')
      const made = otp || recipient ? '' : randomBase62(length)
      this.#pending = { ceremony: new Ceremony(required), cover: recipient ? { recipient } : { otp: otp || made } }
      return made
    })
  }

  /** A share; the encoded token with the last, else null. */
  update(share: Buffer, nonce: string): Promise<RootGenerationResult | null> {
    return this.#authority.inTurn(async () => {
      await this.#authority.config()
      const pending = this.#pending
      if (pending === null) throw invalid('no root generation in progress')
      const proof = await pending.ceremony.collect(share, nonce, this.#authority)
      if (proof === null) return null
      proof.fill(0)
      const encodedToken = await hide(Buffer.from(await this.#authority.mintRootToken()), pending.cover)
      this.abandon()
      return { nonce, encodedToken, required: pending.ceremony.quorum.threshold, fingerprint: fingerprintOf(pending.cover) }
    })
  }

  cancel(nonce: string | undefined, administrator: boolean): Promise<void> {
    return this.#authority.inTurn(async () => {
      this.#pending?.ceremony.checkCancel(nonce, administrator)
      this.abandon()
    })
  }

  abandon(): void {
    this.#pending?.ceremony.quorum.clear()
    this.#pending = null
  }
}
