// The ceremony that makes a root token: holders of the key shares allow it, and the token is handed out only XORed with a
// one-time password that whoever started it knows (as in Vault: unpadded standard base64).
import { randomBase62, xor } from '../../crypto/encoding.ts'
import { invalid } from '../../kit/errors.ts'
import { Ceremony, neededShares, type Authority } from './ceremony.ts'

export interface RootGenerationStatus {
  nonce: string
  started: boolean
  progress: number
  required: number
  otpLength: number
}

export class RootGeneration {
  readonly #authority: Authority
  #pending: { ceremony: Ceremony; otp: string } | null = null

  constructor(authority: Authority) {
    this.#authority = authority
  }

  async status(): Promise<RootGenerationStatus> {
    const ceremony = this.#pending?.ceremony
    const required = await neededShares(this.#authority)
    return {
      nonce: ceremony?.nonce ?? '', started: ceremony !== undefined, progress: ceremony?.quorum.progress ?? 0, required,
      otpLength: this.#authority.rootTokenLength,
    }
  }

  /** Gives the one-time password where it made one, else the empty text. */
  start(otp: string | undefined): Promise<string> {
    return this.#authority.inTurn(async () => {
      const length = this.#authority.rootTokenLength
      if (otp && Buffer.byteLength(otp) !== length) throw invalid(`OTP string is wrong length: ${length} bytes are needed`)
      const required = await neededShares(this.#authority)
      if (this.#pending !== null) throw invalid('root generation already in progress')
      const used = otp || randomBase62(length)
      this.#pending = { ceremony: new Ceremony(required), otp: used }
      return otp ? '' : used
    })
  }

  /** A share; the encoded token with the last, else null. */
  update(share: Buffer, nonce: string): Promise<{ nonce: string; encodedToken: string; required: number } | null> {
    return this.#authority.inTurn(async () => {
      await this.#authority.config()
      const pending = this.#pending
      if (pending === null) throw invalid('no root generation in progress')
      const proof = await pending.ceremony.collect(share, nonce, this.#authority)
      if (proof === null) return null
      proof.fill(0)
      const token = await this.#authority.mintRootToken()
      const encodedToken = xor(Buffer.from(token), Buffer.from(pending.otp)).toString('base64').replace(/=+$/, '')
      this.abandon()
      return { nonce, encodedToken, required: pending.ceremony.quorum.threshold }
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
