// The queue before a device: lines of one turn of the event loop become one batch, batches follow one another, and a
// batch that does not end in time fails what waits.
import type { AuditDevice } from '../kit/audit.ts'
import { Fault } from '../kit/errors.ts'

export interface Batch {
  /** Lines, each with its newline; valid until `put` has ended. */
  bytes: Buffer
  /** The first of them, without its newline. */
  first: Buffer
}

interface Waiting {
  room: Buffer
  size: number
  firstSize: number
  promise: Promise<void>
  resolve: () => void
  reject: (cause: unknown) => void
}

const start = 64 * 1024
const keep = 1024 * 1024

interface Settings {
  /** The device, for messages: `audit file`. */
  name: string
  deadlineMs: number
  /** Takes the batch or throws; gives up when `signal` aborts. Gives nothing to wait for where it is taken already. */
  put(batch: Batch, signal: { readonly aborted: boolean }): Promise<void> | void
  /** Called when the deadline has passed: ends what `put` waits for, where that can be done. */
  expired?: () => void
}

/** A Fault that names the device and the system's error code, nothing else. */
export function failure(name: string, what: string, cause?: unknown): Fault {
  const code = (cause as NodeJS.ErrnoException | undefined)?.code
  return new Fault('unavailable', `${name}: ${what}${typeof code === 'string' ? ` (${code})` : ''}`, { cause })
}

export class LineQueue {
  readonly #settings: Settings
  #waiting: Waiting | null = null
  /** Room of a batch that has ended, for the next one. */
  #spare: Buffer | null = null
  #current: Waiting | null = null
  #signal = { aborted: false }
  #deadline: NodeJS.Timeout | null = null

  constructor(settings: Settings) {
    this.#settings = settings
  }

  /** Whether a `put` has not ended, though its lines may have been refused meanwhile. */
  get busy(): boolean {
    return this.#current !== null
  }

  /** Whether a line that comes now joins others in their batch. */
  get gathering(): boolean {
    return this.#waiting !== null && this.#waiting.size > 0
  }

  /** Resolves when the batch that holds the line has been put. Lines of one batch share the promise. */
  write(bytes: Buffer, from = 0, to = bytes.length): Promise<void> {
    if (this.#current !== null && this.#signal.aborted) return Promise.reject(failure(this.#settings.name, 'an earlier write has not ended'))
    const batch = (this.#waiting ??= this.#arrange())
    if (batch.size === 0) batch.firstSize = to - from
    const end = batch.size + to - from + 1
    if (end > batch.room.length) {
      const bigger = Buffer.allocUnsafeSlow(Math.max(batch.room.length * 2, end))
      bigger.set(batch.room.subarray(0, batch.size))
      batch.room = bigger
    }
    bytes.copy(batch.room, batch.size, from, to)
    batch.room[end - 1] = 10
    batch.size = end
    return batch.promise
  }

  /** Has a batch put, without a line if none comes: for work that must not overlap with writes. */
  touch(): Promise<void> {
    if (this.#current !== null && this.#signal.aborted) return Promise.reject(failure(this.#settings.name, 'an earlier write has not ended'))
    return (this.#waiting ??= this.#arrange()).promise
  }

  #arrange(): Waiting {
    const room = this.#spare ?? Buffer.allocUnsafeSlow(start)
    this.#spare = null
    if (this.#current === null) setImmediate(() => this.#begin())
    return { room, size: 0, firstSize: 0, ...Promise.withResolvers<void>() }
  }

  /** Resolves when nothing waits any more, whether it was put or failed. */
  async drain(): Promise<void> {
    await this.#current?.promise.catch(() => undefined)
    await this.#waiting?.promise.catch(() => undefined)
  }

  #begin(): void {
    if (this.#current !== null || this.#waiting === null) return
    const batch = (this.#current = this.#waiting)
    const signal = (this.#signal = { aborted: false })
    this.#waiting = null
    let put: Promise<void> | void
    try {
      put = this.#settings.put({ bytes: batch.room.subarray(0, batch.size), first: batch.room.subarray(0, batch.firstSize) }, signal)
    } catch (cause) {
      return this.#end(batch, cause)
    }
    if (!put) return this.#end(batch, null)
    this.#deadline = setTimeout(() => this.#expire(batch, signal), this.#settings.deadlineMs)
    put.then(
      () => this.#end(batch, null),
      (cause: unknown) => this.#end(batch, cause),
    )
  }

  #end(batch: Waiting, cause: unknown): void {
    if (this.#deadline !== null) clearTimeout(this.#deadline)
    this.#deadline = null
    this.#current = null
    if (batch.room.length <= keep) this.#spare = batch.room
    if (cause === null) batch.resolve()
    else this.#fail(batch, cause instanceof Fault ? cause : failure(this.#settings.name, 'the write failed', cause))
    if (this.#waiting !== null) setImmediate(() => this.#begin())
  }

  #expire(batch: Waiting, signal: { aborted: boolean }): void {
    signal.aborted = true
    this.#fail(batch, failure(this.#settings.name, `the write did not end within ${this.#settings.deadlineMs} ms`))
    this.#settings.expired?.()
  }

  // What was queued behind a failed batch continues a chain that misses its lines: it fails too.
  #fail(batch: Waiting, fault: Fault): void {
    batch.reject(fault)
    this.#waiting?.reject(fault)
    this.#waiting = null
  }
}

/** The audit device whose lines go through the queue. */
export function deviceOver(queue: LineQueue, type: string, rest: Pick<AuditDevice, 'reopen' | 'close'>): AuditDevice {
  return {
    type,
    get gathering() {
      return queue.gathering
    },
    write: (bytes, from, to) => queue.write(bytes, from, to),
    ...rest,
  }
}
