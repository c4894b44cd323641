// The rekey ceremony: holders of the present shares allow new ones. For the barrier (unseal keys and root key) or for the
// recovery keys of an automatic seal. With verification nothing changes until the new shares have been shown.
import { randomBytes, randomUUID, timingSafeEqual } from 'node:crypto'
import type { PgpKey } from '../../crypto/pgp.ts'
import { invalid } from '../../kit/errors.ts'
import { backupOf } from './backup.ts'
import { Ceremony, neededShares, type Authority } from './ceremony.ts'
import { checkDivision, cutFor, Quorum, type Division } from './quorum.ts'

const keyLength = 32

export interface RekeyOptions {
  /** Nothing changes until the new shares have been shown. */
  verify?: boolean
  /** Whom the new shares are encrypted to, one each; nobody: they are handed out in clear. */
  holders?: PgpKey[]
  /** Keeps a copy of the encrypted shares in the store. */
  backup?: boolean
}

/** What the request for a rekey settled about handing out. */
interface Handing {
  /** Null: the shares are handed out in clear. */
  fingerprints: string[] | null
  backup: boolean
}

export interface RekeyStatus extends Division, Handing {
  nonce: string
  started: boolean
  progress: number
  required: number
  verificationRequired: boolean
  verificationNonce: string
}

export interface RekeyResult extends Handing {
  nonce: string
  /** The new shares, encrypted to their holders where those are known; none where an automatic seal keeps the root key. */
  keys: Buffer[]
  /** Empty unless the new shares must be verified first. */
  verificationNonce: string
}

export interface VerificationStatus extends Division {
  nonce: string
  started: boolean
  progress: number
}

interface Pending extends Required<RekeyOptions> {
  ceremony: Ceremony
  division: Division
  /** Handed out, not yet in force. */
  candidate: { key: Buffer; quorum: Quorum; nonce: string } | null
}

const handing = (pending: Pending | null): Handing => ({
  fingerprints: pending?.holders.length ? pending.holders.map((holder) => holder.fingerprint) : null,
  backup: pending?.backup ?? false,
})

export class Rekey {
  readonly #authority: Authority
  readonly #target: 'barrier' | 'recovery'
  #pending: Pending | null = null

  constructor(authority: Authority, target: 'barrier' | 'recovery') {
    this.#authority = authority
    this.#target = target
  }

  async status(): Promise<RekeyStatus> {
    await this.#checkTarget()
    const required = await neededShares(this.#authority)
    const pending = this.#pending
    return {
      nonce: pending?.ceremony.nonce ?? '',
      started: pending !== null,
      shares: pending?.division.shares ?? 0,
      threshold: pending?.division.threshold ?? 0,
      progress: pending?.ceremony.quorum.progress ?? 0,
      required,
      verificationRequired: pending?.verify ?? false,
      verificationNonce: pending?.candidate?.nonce ?? '',
      ...handing(pending),
    }
  }

  start(division: Division, { verify = false, holders = [], backup = false }: RekeyOptions = {}): Promise<void> {
    return this.#authority.inTurn(async () => {
      const automatic = await this.#checkTarget()
      if (automatic && this.#target === 'barrier') {
        if (division.shares !== 1 || division.threshold !== 1) throw invalid('with an automatic seal, secret_shares and secret_threshold must be 1')
        if (verify || holders.length > 0) throw invalid('neither verification nor PGP keys are supported where an automatic seal keeps the root key')
      }
      checkDivision(division, 'rekey', holders)
      if (backup && holders.length === 0) throw invalid('cannot request a backup of the new keys without providing PGP keys for encryption')
      if (this.#pending !== null) throw invalid('rekey already in progress')
      this.#pending = { ceremony: new Ceremony(await neededShares(this.#authority)), division, verify, holders, backup, candidate: null }
    })
  }

  /** A share of the present key; null while more are needed. */
  update(share: Buffer, nonce: string): Promise<RekeyResult | null> {
    return this.#authority.inTurn(async () => {
      const automatic = await this.#checkTarget()
      const pending = this.#running()
      if (pending.candidate !== null) throw invalid('rekey operation is waiting for the verification of its new keys')
      const proof = await pending.ceremony.collect(share, nonce, this.#authority)
      if (proof === null) return null
      proof.fill(0)
      if (automatic && this.#target === 'barrier') {
        await this.#authority.replaceKey('barrier', null, pending.division)
        this.#pending = null
        return { nonce, keys: [], verificationNonce: '', ...handing(null) }
      }
      return this.#issue(pending)
    })
  }

  async #issue(pending: Pending): Promise<RekeyResult> {
    const { ceremony: { nonce }, division, holders } = pending
    const key = randomBytes(keyLength)
    const keys = await cutFor(holders, key, division)
    if (pending.backup) await this.#authority.keepBackup(this.#target, backupOf(nonce, holders, keys))
    if (pending.verify) {
      pending.candidate = { key, quorum: new Quorum(division.threshold), nonce: randomUUID() }
      return { nonce, keys, verificationNonce: pending.candidate.nonce, ...handing(pending) }
    }
    try {
      await this.#authority.replaceKey(this.#target, key, division)
    } finally {
      key.fill(0)
    }
    this.#pending = null
    return { nonce, keys, verificationNonce: '', ...handing(pending) }
  }

  verificationStatus(): VerificationStatus {
    const { division, candidate } = this.#running()
    return { nonce: candidate?.nonce ?? '', started: candidate !== null, ...division, progress: candidate?.quorum.progress ?? 0 }
  }

  /** A share of the new key; gives whether it was the last, and the new keys are in force. */
  verify(share: Buffer, nonce: string): Promise<boolean> {
    return this.#authority.inTurn(async () => {
      await this.#checkTarget()
      const pending = this.#running()
      const { candidate } = pending
      if (candidate === null) throw invalid('no rekey verification in progress')
      if (nonce !== candidate.nonce) throw invalid('incorrect nonce supplied')
      const key = candidate.quorum.add(share)
      if (key === null) return false
      const same = key.length === candidate.key.length && timingSafeEqual(key, candidate.key)
      key.fill(0)
      if (!same) throw invalid('rekey verification failed; incorrect key shares supplied')
      await this.#authority.replaceKey(this.#target, candidate.key, pending.division)
      this.abandon()
      return true
    })
  }

  /** Forgets the new shares that were shown so far and gives the verification another nonce; the rekey itself goes on. */
  restartVerification(): Promise<void> {
    return this.#authority.inTurn(async () => {
      const { candidate } = this.#running()
      if (candidate === null) throw invalid('no rekey verification in progress')
      candidate.quorum.clear()
      candidate.nonce = randomUUID()
    })
  }

  cancel(nonce: string | undefined, administrator: boolean): Promise<void> {
    return this.#authority.inTurn(async () => {
      this.#pending?.ceremony.checkCancel(nonce, administrator)
      this.abandon()
    })
  }

  /** Ends the ceremony without asking, as sealing does; call it in turn, since it overwrites the key that waits. */
  abandon(): void {
    this.#pending?.ceremony.quorum.clear()
    this.#pending?.candidate?.quorum.clear()
    this.#pending?.candidate?.key.fill(0)
    this.#pending = null
  }

  #running(): Pending {
    if (this.#pending === null) throw invalid(`no ${this.#target} rekey in progress`)
    return this.#pending
  }

  /** Whether the seal is an automatic one; only those have recovery keys. */
  async #checkTarget(): Promise<boolean> {
    const automatic = (await this.#authority.config()).type !== 'shamir'
    if (this.#target === 'recovery' && !automatic) throw invalid('recovery rekeying not supported')
    return automatic
  }
}
