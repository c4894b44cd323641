// Work that nobody asks for at the time: leases and tokens that end, engines' chores. One process of all does it.
import type { Core } from './core/core.ts'
import { Fault } from './kit/errors.ts'
import type { Chore } from './kit/route.ts'

const tick = 1000

export class Housekeeping {
  readonly #core: Core
  readonly #failed: (cause: unknown) => void
  #abort = new AbortController()
  #done: Promise<void> = Promise.resolve()

  constructor(core: Core, failed: (cause: unknown) => void) {
    this.#core = core
    this.#failed = failed
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
        try {
          const over = AbortSignal.any([signal, lock.lost])
          while (!over.aborted) {
            await this.#core.refresh()
            await this.#core.due.work(this.#core.now(), over)
            await this.#chores(ran, over)
            await pause(tick, over)
          }
        } finally {
          await lock.release()
        }
      } catch (cause) {
        if (!signal.aborted && !(cause instanceof Fault && cause.code === 'sealed')) this.#failed(cause)
        await pause(tick, signal)
      }
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
