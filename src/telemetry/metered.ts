// A storage whose calls are counted, and one of eight of them timed.
import type { Storage } from '../kit/storage.ts'
import { type Sample, Timer } from './metrics.ts'

const kinds = ['get', 'put', 'delete', 'list'] as const
type Kind = (typeof kinds)[number]
const every = 8

export class StorageMeter {
  readonly #counts: Record<Kind, number> = { get: 0, put: 0, delete: 0, list: 0 }
  readonly #timers = new Map<Kind, Timer>(kinds.map((kind) => [kind, new Timer()]))

  /** The same storage, seen by the meter. */
  watch(storage: Storage): Storage {
    return {
      ...(storage.distant && { distant: true }),
      get: (key) => this.#timed('get', () => storage.get(key)),
      list: (prefix, page) => this.#timed('list', () => storage.list(prefix, page)),
      commit: (batch) => this.#timed(batch.put?.length ? 'put' : 'delete', () => storage.commit(batch)),
      watch: (changed) => storage.watch(changed),
      lock: (name, signal) => storage.lock(name, signal),
      backup: () => storage.backup(),
      restore: (source) => storage.restore(source),
      close: () => storage.close(),
    }
  }

  samples(): Sample[] {
    return kinds.map((kind) => {
      const { count, sum, classes } = this.#timers.get(kind)!.summary
      const weight = count === 0 ? 0 : this.#counts[kind] / count
      const summary = { count: this.#counts[kind], sum: sum * weight, classes: classes.map((inClass) => inClass * weight) }
      return { name: `barrier.${kind}`, about: `Milliseconds of the storage for ${kind}, one of ${every} timed.`, kind: 'summary', summary }
    })
  }

  #timed<T>(kind: Kind, work: () => Promise<T>): Promise<T> {
    if (this.#counts[kind]++ % every !== 0) return work()
    const started = performance.now()
    const result = work()
    const done = (): void => this.#timers.get(kind)!.observe(performance.now() - started)
    result.then(done, done)
    return result
  }
}
