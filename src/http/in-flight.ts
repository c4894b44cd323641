// The requests that are being answered right now.
import type { Request, Response } from './listener.ts'

export class InFlight {
  readonly #answered: (milliseconds: number, status: number) => void
  #next = 0
  readonly #open = new Map<number, { request: Request; started: number }>()

  /** `answered` is told of each request how long it took and its status. */
  constructor(answered: (milliseconds: number, status: number) => void) {
    this.#answered = answered
  }

  /** Counts a request in until its answer is there. */
  async track(request: Request, answer: Promise<Response>): Promise<Response> {
    const id = this.#next++
    const started = performance.now()
    let status = 500
    this.#open.set(id, { request, started })
    try {
      const sent = await answer
      status = sent.status
      return sent
    } finally {
      this.#open.delete(id)
      this.#answered(performance.now() - started, status)
    }
  }

  get size(): number {
    return this.#open.size
  }

  /** Paths without their queries, oldest first. */
  list(): { id: string; path: string; address: string; started: number }[] {
    return [...this.#open].map(([id, { request, started }]) => ({ id: String(id), path: request.url.split('?')[0]!, address: request.remote.address, started: Math.round(performance.timeOrigin + started) }))
  }
}
