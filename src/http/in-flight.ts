// The requests that are being answered right now.
import type { Request, Response } from './listener.ts'

export class InFlight {
  readonly #answered: (milliseconds: number, status: number) => void
  // Places that are used again, not a Map: the tables that a Map outgrows point to those that follow, so that one of them that has
  // grown old keeps alive what every later one held.
  readonly #places: ({ request: Request; started: number } | null)[] = []
  readonly #free: number[] = []

  /** `answered` is told of each request how long it took and its status. */
  constructor(answered: (milliseconds: number, status: number) => void) {
    this.#answered = answered
  }

  /** Counts a request in until its answer is there. */
  track(request: Request, answer: Promise<Response>): Promise<Response> {
    const place = this.#free.pop() ?? this.#places.length
    const open = { request, started: performance.now() }
    this.#places[place] = open
    const over = (status: number): void => {
      this.#places[place] = null
      this.#free.push(place)
      this.#answered(performance.now() - open.started, status)
    }
    return answer.then(
      (sent) => {
        over(sent.status)
        return sent
      },
      (cause: unknown) => {
        over(500)
        throw cause
      },
    )
  }

  get size(): number {
    return this.#places.length - this.#free.length
  }

  /** Paths without their queries, oldest first. */
  list(): { id: string; path: string; address: string; started: number }[] {
    return this.#places
      .flatMap((open, place) => (open ? [{ ...open, place }] : []))
      .sort((one, other) => one.started - other.started)
      .map(({ request, started, place }) => ({ id: String(place), path: request.url.split('?')[0]!, address: request.remote.address, started: Math.round(performance.timeOrigin + started) }))
  }
}
