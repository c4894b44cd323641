// A ceremony: several people bring their key shares, one after another, to allow one act.
import { randomUUID } from 'node:crypto'
import { invalid } from '../../kit/errors.ts'
import type { Backup } from './backup.ts'
import { Quorum, type Division } from './quorum.ts'
import type { SealConfig } from './records.ts'

/** What a ceremony needs of the keeper. */
export interface Authority {
  /** The seal's configuration; throws while sealed. */
  config(): Promise<SealConfig>
  /** Whether the joined key may change keys and make root tokens. */
  proves(key: Buffer): Promise<boolean>
  /** Puts another unseal or recovery key in place; null: only the root key changes. */
  replaceKey(target: 'barrier' | 'recovery', key: Buffer | null, division: Division): Promise<void>
  /** Keeps the encrypted shares that are about to be handed out. */
  keepBackup(target: 'barrier' | 'recovery', backup: Backup): Promise<void>
  /** One at a time, with unsealing and sealing too. */
  inTurn<T>(work: () => Promise<T>): Promise<T>
  mintRootToken(): Promise<string>
  rootTokenLength: number
}

/** For this long a ceremony is cancelled only by who knows its nonce, or by an administrator; seconds, as in Vault 1.20. */
const protectedFor = 600

export class Ceremony {
  readonly nonce: string = randomUUID()
  readonly quorum: Quorum
  readonly #startedAt = process.hrtime.bigint()

  constructor(threshold: number) {
    this.quorum = new Quorum(threshold)
  }

  /** Throws where a stranger asks. */
  checkCancel(nonce: string | undefined, administrator: boolean): void {
    if (nonce !== undefined && nonce !== '') return this.checkNonce(nonce)
    const age = Number((process.hrtime.bigint() - this.#startedAt) / 1_000_000_000n)
    if (!administrator && age < protectedFor) throw invalid('a nonce is required to cancel an operation that was started in the last 10 minutes')
  }

  checkNonce(nonce: string): void {
    if (nonce !== this.nonce) throw invalid('incorrect nonce supplied')
  }

  /** Adds a share; the joined key where it was the last and proves itself, null where more are needed; the caller overwrites it. */
  async collect(share: Buffer, nonce: string, authority: Authority): Promise<Buffer | null> {
    this.checkNonce(nonce)
    const key = this.quorum.add(share)
    if (key === null || (await authority.proves(key))) return key
    key.fill(0)
    throw invalid('the key shares are not those of this server')
  }
}

/** How many shares are needed; throws where nobody holds any. */
export async function neededShares(authority: Authority): Promise<number> {
  const { threshold } = await authority.config()
  if (threshold === 0) throw invalid('this seal opens by itself and no recovery keys were made')
  return threshold
}
