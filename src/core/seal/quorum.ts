// Key shares: cutting a key among people, and collecting their shares until enough are there.
import { timingSafeEqual } from 'node:crypto'
import type { PgpKey } from '../../crypto/pgp.ts'
import { combine, maxShares, split } from '../../crypto/shamir.ts'
import { invalid } from '../../kit/errors.ts'

/** Among how many a key is cut, and how many of them restore it; 0 and 0: nobody holds one. */
export interface Division {
  shares: number
  threshold: number
}

const keyLength = 32
const shortest = 16
const longest = keyLength + 1

/** Refuses a division as Vault does, also one with PGP keys for some of its `holders`; `what` opens the message. */
export function checkDivision({ shares, threshold }: Division, what: string, holders: readonly PgpKey[] = []): void {
  const refuse = (why: string): never => {
    throw invalid(`invalid ${what} configuration: ${why}`)
  }
  if (shares < 1) refuse('shares must be at least one')
  if (threshold < 1) refuse('threshold must be at least one')
  if (shares > 1 && threshold === 1) refuse('threshold must be greater than one for multiple shares')
  if (shares > maxShares) refuse(`shares must be less than or equal to ${maxShares}`)
  if (threshold > shares) refuse('threshold cannot be larger than shares')
  if (holders.length > 0 && holders.length !== shares) refuse('count mismatch between number of provided PGP keys and number of shares')
}

/** The only share is the key itself, as in Vault. */
export const cutKey = (key: Buffer, { shares, threshold }: Division): Buffer[] =>
  shares === 1 ? [Buffer.from(key)] : split(key, shares, threshold)

/** Shares as they are handed out: each one's hex text encrypted to its holder, as in Vault, where `holders` are known; the plain one is then overwritten. */
export async function cutFor(holders: readonly PgpKey[], key: Buffer, division: Division): Promise<Buffer[]> {
  const shares = cutKey(key, division)
  if (holders.length === 0) return shares
  try {
    return await Promise.all(shares.map((share, at) => holders[at]!.encrypt(Buffer.from(share.toString('hex')))))
  } finally {
    for (const share of shares) share.fill(0)
  }
}

/** Collects distinct shares; never holds more than `threshold`. */
export class Quorum {
  readonly threshold: number
  #shares: Buffer[] = []

  constructor(threshold: number) {
    this.threshold = threshold
  }

  get progress(): number {
    return this.#shares.length
  }

  /** The joined key once `threshold` shares are there, else null; a share given twice counts once. The collection then starts anew. */
  add(share: Buffer): Buffer | null {
    if (share.length < shortest) throw invalid(`key is shorter than minimum ${shortest} bytes`)
    if (share.length > longest) throw invalid(`key is longer than maximum ${longest} bytes`)
    if (this.#shares.some((known) => known.length === share.length && timingSafeEqual(known, share))) return null
    this.#shares.push(Buffer.from(share))
    if (this.#shares.length < this.threshold) return null
    try {
      return this.threshold === 1 ? Buffer.from(share) : combine(this.#shares)
    } catch {
      throw invalid('the key shares do not belong together')
    } finally {
      this.clear()
    }
  }

  clear(): void {
    for (const share of this.#shares) share.fill(0)
    this.#shares = []
  }
}
