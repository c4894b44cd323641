// One rate limit at work: a bucket of requests for each client or group of clients, filled evenly, as full as the rate.

export interface Rate {
  /** Requests per `interval` seconds. */
  rate: number
  interval: number
  /** Seconds that a client is shut out after exceeding it; 0 for none. */
  blockInterval: number
}

/** How a client stands after a request. Seconds are whole, and at least 1. */
export interface Standing {
  admitted: boolean
  limit: number
  remaining: number
  /** Seconds until nothing is used up any more. */
  reset: number
  /** Seconds until a request is admitted again. */
  retryAfter: number
}

interface Bucket {
  left: number
  /** Milliseconds since 1970. */
  filledAt: number
  blockedUntil: number
}

const wholeSeconds = (milliseconds: number): number => Math.max(1, Math.ceil(milliseconds / 1000))

export class RateLimiter {
  readonly #rate: Rate
  readonly #most: number
  #buckets = new Map<string, Bucket>()

  /** `most`: clients that are remembered; beyond, those are forgotten that have used nothing lately, or else all. */
  constructor(rate: Rate, most: number) {
    this.#rate = rate
    this.#most = most
  }

  /** Takes one request off a client's allowance. `rate`: requests per interval, where they are others for this client. `now` in milliseconds. */
  take(client: string, now: number, rate = this.#rate.rate): Standing {
    const capacity = Math.max(1, rate)
    const perRequest = (this.#rate.interval * 1000) / rate
    const bucket = this.#bucketOf(client, capacity, perRequest, now)
    bucket.left = Math.min(capacity, bucket.left + (now - bucket.filledAt) / perRequest)
    bucket.filledAt = now
    const admitted = bucket.blockedUntil <= now && bucket.left >= 1
    if (admitted) bucket.left--
    else if (this.#rate.blockInterval > 0 && bucket.blockedUntil <= now) bucket.blockedUntil = now + this.#rate.blockInterval * 1000
    const wait = bucket.blockedUntil > now ? bucket.blockedUntil - now : (1 - bucket.left) * perRequest
    const full = Math.max(wait, (capacity - bucket.left) * perRequest)
    return { admitted, limit: rate, remaining: bucket.blockedUntil > now ? 0 : Math.floor(bucket.left), reset: wholeSeconds(full), retryAfter: wholeSeconds(wait) }
  }

  #bucketOf(client: string, capacity: number, perRequest: number, now: number): Bucket {
    const present = this.#buckets.get(client)
    if (present) return present
    if (this.#buckets.size >= this.#most) this.#forget(capacity * perRequest, now)
    const made: Bucket = { left: capacity, filledAt: now, blockedUntil: 0 }
    this.#buckets.set(client, made)
    return made
  }

  /** `full`: milliseconds in which an empty bucket fills. */
  #forget(full: number, now: number): void {
    const kept = new Map<string, Bucket>()
    for (const [client, bucket] of this.#buckets) if (bucket.blockedUntil > now || now - bucket.filledAt < full) kept.set(client, bucket)
    // Where most are still counted, sorting them out at each newcomer would cost more than it saves.
    this.#buckets = kept.size > this.#most * 0.9 ? new Map() : kept
  }
}
