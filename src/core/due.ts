// Everything with a due time, under time-ordered keys, so that start-up reads nothing and the worker reads only what is due.
import type { Page } from '../kit/storage.ts'
import type { View, Writer } from '../kit/view.ts'

const pad = (second: number): string => String(Math.max(0, Math.trunc(second))).padStart(11, '0')

/** What is to be done: `kind` names the handler, `id` what it is about. */
export interface DueItem {
  second: number
  kind: string
  id: string
}

export type DueHandler = (id: string) => Promise<void>

export class Due {
  readonly #view: View
  readonly prefix: string
  readonly #handlers = new Map<string, DueHandler>()

  /** `prefix`: where the keys lie below the view that transactions write to. */
  constructor(view: View, prefix: string) {
    this.#view = view.at(prefix)
    this.prefix = prefix
  }

  handle(kind: string, handler: DueHandler): void {
    this.#handlers.set(kind, handler)
  }

  key(item: DueItem): string {
    return `${this.prefix}${pad(item.second)}/${item.kind}/${item.id}`
  }

  add(tx: Writer, item: DueItem): void {
    tx.mark(this.key(item))
  }

  remove(tx: Writer, item: DueItem): void {
    tx.delete(this.key(item))
  }

  /**
   * Handles what is due at `now` (milliseconds), at most `limit` items, oldest first. A handler removes its own item;
   * one that fails is asked again `retry` seconds later. Returns how many were handled.
   */
  async work(now: number, signal: AbortSignal, limit = 1000, retry = 10): Promise<number> {
    const end = pad(now / 1000 + 1)
    let handled = 0
    let after: string | undefined
    while (handled < limit && !signal.aborted) {
      const page: Page = after === undefined ? { limit: 64 } : { after, limit: 64 }
      const keys = (await this.#view.keys('', page)).filter((key) => key < end)
      if (keys.length === 0) break
      for (const key of keys) {
        if (signal.aborted) return handled
        const [second, kind, ...id] = key.split('/')
        await this.#handle({ second: Number(second), kind: kind!, id: id.join('/') }, key, now, retry)
        handled++
      }
      after = keys.at(-1)
    }
    return handled
  }

  async #handle(item: DueItem, key: string, now: number, retry: number): Promise<void> {
    const handler = this.#handlers.get(item.kind)
    try {
      await handler?.(item.id)
      await this.#view.delete(key)
    } catch {
      const later = { ...item, second: now / 1000 + retry }
      await this.#view.update((tx) => {
        tx.delete(key)
        tx.mark(this.key(later).slice(this.prefix.length))
      })
    }
  }
}
