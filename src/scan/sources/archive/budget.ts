// What unpacking may cost in one scan: however archives are nested, it ends.
import { ScanError } from '../../scan-error.ts'

export interface Limits {
  /** Archives within archives. */
  depth: number
  entries: number
  /** Bytes that are unpacked altogether. */
  total: number
  /** Bytes of one entry. */
  each: number
  /** How many times larger than its packed form an entry may be once it exceeds a megabyte. */
  ratio: number
}

export const usualLimits: Limits = { depth: 4, entries: 200_000, total: 8 * 2 ** 30, each: 4 * 2 ** 30, ratio: 500 }

export class Budget {
  readonly limits: Limits
  #entries = 0
  #total = 0

  constructor(limits: Partial<Limits> = {}) {
    this.limits = { ...usualLimits, ...limits }
  }

  /** Throws ScanError when there are too many entries. */
  countEntry(): void {
    if (++this.#entries > this.limits.entries) throw new ScanError(`more than ${this.limits.entries} entries`)
  }

  /** The most bytes that something of `packed` bytes may become now; throws ScanError when nothing is left. */
  allowance(packed: number): number {
    const left = Math.min(this.limits.each, this.limits.total - this.#total, Math.max(1 << 20, packed * this.limits.ratio))
    if (left <= 0) throw new ScanError('it unpacks to too much')
    return left
  }

  spend(bytes: number): void {
    this.#total += bytes
    if (this.#total > this.limits.total) throw new ScanError('it unpacks to too much')
  }
}
