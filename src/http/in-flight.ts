// The requests that are being answered right now.
import type { Request } from './listener.ts'

export class InFlight {
  #next = 0
  readonly #open = new Map<number, { request: Request; started: number }>()

  /** Counts a request in until its answer is there. */
  async track<T>(request: Request, answer: Promise<T>): Promise<T> {
    const id = this.#next++
    this.#open.set(id, { request, started: Date.now() })
    try {
      return await answer
    } finally {
      this.#open.delete(id)
    }
  }

  get size(): number {
    return this.#open.size
  }

  /** Paths without their queries, oldest first. */
  list(): { id: string; path: string; address: string; started: number }[] {
    return [...this.#open].map(([id, { request, started }]) => ({ id: String(id), path: request.url.split('?')[0]!, address: request.remote.address, started }))
  }
}
