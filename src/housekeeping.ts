// Work that nobody asks for at the time: leases and tokens that end, engines' chores. One process of all does it.
import type { Core } from './core/core.ts'
import { Fault } from './kit/errors.ts'
import type { Chore } from './kit/route.ts'

const tick = 1000

/** Work of the server itself, beside that of mounts. */
export interface Job {
  /** Seconds between two runs. */
  every: number
  run(signal: AbortSignal): Promise<unknown>
}

export class Housekeeping {
  readonly #core: Core
  readonly #failed: (cause: unknown) => void
  readonly #jobs: readonly Job[]
  readonly #busy = new Map<Job, Promise<unknown>>()
  #abort = new AbortController()
  #done: Promise<void> = Promise.resolve()

  constructor(core: Core, failed: (cause: unknown) => void, jobs: readonly Job[] = []) {
    this.#core = core
    this.#failed = failed
    this.#jobs = jobs
  }

  start(): void {
    this.#abort = new AbortController()
    this.#done = this.#run(this.#abort.signal)
  }

  async stop(): Promise<void> {
    this.#abort.abort()
    await this.#done
  }

  /** Holds the lock `worker` as long as it can and works each second; another process takes over when it is lost. */
  async #run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        const lock = await this.#core.storage.lock('worker', signal)
        const ran = new Map<string, number>()
        const ranJobs = new Map<Job, number>()
        try {
          const over = AbortSignal.any([signal, lock.lost])
          while (!over.aborted) {
            await this.#core.refresh()
            await this.#core.due.work(this.#core.now(), over)
            await this.#chores(ran, over)
            this.#runJobs(ranJobs, over)
            await pause(tick, over)
          }
        } finally {
          await Promise.all(this.#busy.values())
          await lock.release()
        }
      } catch (cause) {
        if (!signal.aborted && !(cause instanceof Fault && cause.code === 'sealed')) this.#failed(cause)
        await pause(tick, signal)
      }
    }
  }

  #runJobs(ran: Map<Job, number>, signal: AbortSignal): void {
    for (const job of this.#jobs) {
      const now = this.#core.now()
      if (signal.aborted || this.#busy.has(job) || now - (ran.get(job) ?? 0) < job.every * 1000) continue
      ran.set(job, now)
      // Leases do not wait for a backup.
      this.#busy.set(job, job.run(signal).catch(this.#failed).finally(() => this.#busy.delete(job)))
    }
  }

  async #chores(ran: Map<string, number>, signal: AbortSignal): Promise<void> {
    for (const mount of this.#core.mounts.all()) {
      for (const chore of mount.engine.chores ?? []) {
        const key = `${mount.record.uuid}/${chore.name}`
        const now = this.#core.now()
        if (signal.aborted || now - (ran.get(key) ?? 0) < chore.every * 1000) continue
        ran.set(key, now)
        await this.#chore(mount, chore)
      }
    }
  }

  async #chore(mount: Parameters<Core['contextOf']>[0], chore: Chore): Promise<void> {
    try {
      await chore.run(this.#core.contextOf(mount))
    } catch (cause) {
      this.#failed(cause)
    }
  }
}

function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve()
    const done = (): void => {
      clearTimeout(timer)
      signal.removeEventListener('abort', done)
      resolve()
    }
    const timer = setTimeout(done, milliseconds)
    timer.unref()
    signal.addEventListener('abort', done, { once: true })
  })
}
