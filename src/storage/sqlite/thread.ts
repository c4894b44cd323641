// The main thread's end of the writer: one message per tick of the event loop, a promise per batch.

import { extname } from 'node:path'
import { Worker, type WorkerOptions } from 'node:worker_threads'
import { Fault } from '../../kit/errors.ts'
import type { Batch } from '../../kit/storage.ts'
import { unavailable } from './file.ts'
import type { Outcome, Request } from './writer.ts'

/** Starts a thread of this folder, whether it runs as TypeScript or built. */
export const startThread = (name: 'writer' | 'copier', options: WorkerOptions): Worker =>
  new Worker(new URL(`./${name}${extname(import.meta.url)}`, import.meta.url), options)

export interface Writer {
  /** Resolves when the batch is durable; a Fault `conflict` or `unavailable` otherwise. */
  commit(batch: Batch): Promise<void>
  /** Finishes what was asked and ends the thread. */
  close(): Promise<void>
}

interface Pending {
  resolve(): void
  reject(error: unknown): void
}

/** A writer on the database file at `path`; its thread starts with it and again after a crash. */
export function createWriterThread(path: string): Writer {
  const pending = new Map<number, Pending>()
  let queue: NonNullable<Request> = []
  let lastId = 0
  let thread: Worker | undefined
  let closed: Promise<void> | undefined

  const settle = ({ ids, conflicts, error }: Outcome): void => {
    const failure = error && unavailable(Object.assign(new Error(error.message), { errcode: error.errcode }))
    const conflicting = new Set(conflicts)
    for (const id of ids) {
      const waiter = pending.get(id)
      pending.delete(id)
      if (failure) waiter?.reject(failure)
      else if (conflicting.has(id)) waiter?.reject(new Fault('conflict'))
      else waiter?.resolve()
    }
    if (pending.size === 0) thread?.unref()
  }

  const start = (): Worker => {
    const started = startThread('writer', { workerData: { path } })
    let cause: unknown
    started.on('message', settle)
    started.on('error', (error) => (cause = error))
    started.on('exit', () => {
      if (thread !== started) return
      thread = undefined
      // What the thread had taken may or may not be durable: the callers are told that it failed.
      const sent = [...pending.keys()].filter((id) => !queue.some((request) => request.id === id))
      settle({ ids: sent, conflicts: [], error: { message: `the writer ended: ${String(cause)}`, errcode: undefined } })
    })
    started.unref()
    return started
  }

  const flush = (): void => {
    const requests = queue
    queue = []
    thread ??= start()
    thread.ref()
    thread.postMessage(requests)
  }

  const finish = async (): Promise<void> => {
    if (queue.length > 0) flush()
    const last = thread
    if (last === undefined) return
    last.ref()
    const ended = new Promise((resolve) => last.once('exit', resolve))
    last.postMessage(null)
    await ended
  }

  thread = start()
  return {
    commit(batch) {
      if (closed) return Promise.reject(new Fault('unavailable', 'the store is closed'))
      return new Promise((resolve, reject) => {
        const id = ++lastId
        pending.set(id, { resolve, reject })
        if (queue.push({ id, batch }) === 1) setImmediate(() => void (queue.length > 0 && flush()))
      })
    },
    close: () => (closed ??= finish()),
  }
}
