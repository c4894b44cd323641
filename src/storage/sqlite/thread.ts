// The main thread's end of the writer: what is asked while the writer works becomes its next group.

import { extname } from 'node:path'
import { Worker, type WorkerOptions } from 'node:worker_threads'
import { Fault } from '../../kit/errors.ts'
import type { Batch } from '../../kit/storage.ts'
import { checkBatch } from '../key.ts'
import { unavailable } from './file.ts'
import { conflicted, pack } from './group.ts'
import type { Outcome } from './writer.ts'

/** Starts a thread of this folder, whether it runs as TypeScript or built. */
export const startThread = (name: 'writer' | 'copier', options: WorkerOptions): Worker =>
  new Worker(new URL(`./${name}${extname(import.meta.url)}`, import.meta.url), options)

export interface Writer {
  /** Resolves when the batch is durable, with the version of the first key it put; a Fault `conflict` or `unavailable` otherwise, or what `checkBatch` throws. */
  commit(batch: Batch): Promise<number>
  /** Finishes what was asked and ends the thread. */
  close(): Promise<void>
}

interface Caller {
  resolve(first: number): void
  reject(error: unknown): void
}

/** Batches and, about, bytes in one group. */
const groupLimit = 4096
const groupBytes = 32 * 1024 * 1024
/** Milliseconds to wait for others. */
const patience = 1

function bytesOf({ put }: Batch): number {
  let bytes = 0
  for (const [, value] of put ?? []) bytes += value.byteLength
  return bytes
}

/**
 * A writer on the database file at `path`; its thread starts with the first batch and again after a crash. `settled`: called
 * when the outcome of a group is known, before anybody is told of it.
 */
export function createWriterThread(path: string, settled: () => void = () => {}): Writer {
  /** What is asked, and by whom. */
  const queue: Batch[] = []
  const callers: Caller[] = []
  /** Whose batches the thread is at; empty while it waits. */
  let flight: Caller[] = []
  let gathering = false
  let gathered = 0
  /** How many came together before, and how long their commit took: as many are likely to come again, and worth as long a wait. */
  let usual = 1
  let took = 0
  let began = 0
  let waiting: NodeJS.Timeout | undefined
  let thread: Worker | undefined
  let closed: Promise<void> | undefined
  let drained: (() => void) | undefined

  const settle = ({ firsts, error }: Outcome): void => {
    const group = flight
    flight = []
    usual = group.length
    took = performance.now() - began
    let failure = error && unavailable(Object.assign(new Error(error.message), { errcode: error.errcode }))
    try {
      settled()
    } catch (cause) {
      failure = unavailable(cause)
    }
    for (let index = 0; index < group.length; index++) {
      const { resolve, reject } = group[index]!
      if (failure) reject(failure)
      else if (firsts[index] === conflicted) reject(new Fault('conflict'))
      else resolve(firsts[index]!)
    }
    if (queue.length > 0) return begin()
    thread?.unref()
    drained?.()
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
      if (flight.length > 0) settle({ firsts: [], error: { message: `the writer ended: ${String(cause)}`, errcode: undefined } })
    })
    started.unref()
    return started
  }

  const flush = (): void => {
    gathering = false
    waiting = undefined
    began = performance.now()
    let bytes = 0
    let count = 0
    while (count < queue.length && count < groupLimit && bytes < groupBytes) bytes += bytesOf(queue[count++]!)
    flight = callers.splice(0, count)
    thread ??= start()
    thread.ref()
    const group = pack(queue.splice(0, count))
    thread.postMessage(group, [group.values])
  }

  // Requests that come together are made durable together: turns of the event loop that bring more are followed by another,
  // and while fewer have come than before, it waits for a moment that is short beside a commit.
  const gather = (): void => {
    if (queue.length >= usual || (queue.length === gathered && took < patience)) return flush()
    if (queue.length === gathered) return void (waiting = setTimeout(flush, patience))
    gathered = queue.length
    setImmediate(gather)
  }

  const begin = (): void => {
    if (flight.length > 0) return
    if (waiting !== undefined && queue.length >= usual) {
      clearTimeout(waiting)
      waiting = undefined
      setImmediate(flush)
    }
    if (gathering) return
    gathering = true
    gathered = 0
    setImmediate(gather)
  }

  const finish = async (): Promise<void> => {
    if (queue.length + flight.length > 0) await new Promise<void>((resolve) => (drained = resolve))
    const last = thread
    if (last === undefined) return
    last.ref()
    const ended = new Promise((resolve) => last.once('exit', resolve))
    last.postMessage(null)
    await ended
  }

  return {
    commit(batch) {
      if (closed) return Promise.reject(new Fault('unavailable', 'the store is closed'))
      return new Promise((resolve, reject) => {
        checkBatch(batch)
        queue.push(batch)
        callers.push({ resolve, reject })
        begin()
      })
    },
    close: () => (closed ??= finish()),
  }
}
