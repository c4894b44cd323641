// Counts encryptions per key term over all processes, coarsely: a process books a block of them in advance, so that
// the stored count is an upper bound whatever happens to the process.
import type { View } from '../kit/view.ts'

export const meterPath = 'core/key-usage'
/** Blocks grow while a process lives, so that short-lived ones overstate little and busy ones book seldom. */
const firstBlock = 64
const largestBlock = 16_384

type Usage = Record<string, number>

export class Meter {
  readonly #view: View
  readonly #booked: () => void
  #term = 0
  #before = 0
  #used = 0
  #reserved = 0
  #booking = false
  #block = firstBlock

  /** `booked` is called after each booking, for whoever watches the count. */
  constructor(view: View, booked: () => void) {
    this.#view = view
    this.#booked = booked
  }

  get count(): number {
    return this.#before + this.#used
  }

  /** Begins to count for `term`, from what is stored. */
  async start(term: number): Promise<void> {
    this.stop()
    this.#term = term
    const stored = (await this.#view.read<Usage>(meterPath))?.[term] ?? 0
    if (this.#term === term && this.#reserved === 0) this.#before = stored
  }

  stop(): void {
    this.#term = this.#before = this.#used = this.#reserved = 0
    this.#block = firstBlock
  }

  add(encryptions: number): void {
    this.#used += encryptions
    if (this.#used >= this.#reserved && !this.#booking) void this.#book()
  }

  async #book(): Promise<void> {
    this.#booking = true
    const term = this.#term
    try {
      const booked = this.#used - this.#reserved + this.#block
      const stored = await this.#view.update(async (tx) => {
        const usage = { ...(await tx.read<Usage>(meterPath)) }
        usage[term] = (usage[term] ?? 0) + booked
        tx.write(meterPath, usage)
        return usage[term]
      })
      if (this.#term === term) {
        this.#reserved += booked
        this.#before = stored - this.#reserved
        this.#block = Math.min(this.#block * 2, largestBlock)
      }
      this.#booked()
    } catch {
      // Sealed meanwhile, or the storage failed: the next encryption tries again.
    } finally {
      this.#booking = false
    }
  }
}
