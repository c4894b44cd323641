// The store that forgets: for development servers and tests. All handles live in one process.

import { Fault } from '../../kit/errors.ts'
import type { Batch, Item, Storage, StorageType } from '../../kit/storage.ts'
import { readFrames, writeFrames, type Entry } from '../frames.ts'
import { checkBatch, compareKeys, range } from '../key.ts'
import { createLock, createTurns, type Turns } from '../turns.ts'
import { createSortedKeys, type SortedKeys } from './sorted-keys.ts'

/** What handles opened on the same store share. */
export interface Memory {
  items: Map<string, Item>
  keys: SortedKeys
  version: number
  turns: Turns
  watchers: Set<Watcher>
}

type Watcher = (keys: string[] | null, first?: number) => void

export const createMemory = (): Memory => ({
  items: new Map(),
  keys: createSortedKeys(),
  version: 0,
  turns: createTurns(),
  watchers: new Set(),
})

function write(memory: Memory, key: string, item: Item): void {
  if (!memory.items.has(key)) memory.keys.add(key)
  memory.items.set(key, item)
}

/** Gives the version of the first key put; 0: none was. */
function apply(memory: Memory, batch: Batch): number {
  for (const [key, version] of batch.expect ?? []) {
    if ((memory.items.get(key)?.version ?? 0) !== version) throw new Fault('conflict')
  }
  const first = memory.version + 1
  const changed: string[] = []
  for (const [key, value] of batch.put ?? []) {
    write(memory, key, { value: new Uint8Array(value), version: ++memory.version })
    changed.push(key)
  }
  for (const key of batch.delete ?? []) {
    if (!memory.items.delete(key)) continue
    memory.keys.remove(key)
    memory.version++
    changed.push(key)
  }
  if (changed.length > 0) for (const watcher of memory.watchers) watcher(changed, first)
  return batch.put?.length ? first : 0
}

async function load(memory: Memory, source: AsyncIterable<Uint8Array>): Promise<void> {
  const entries: Entry[] = []
  for await (const { key, value, version } of readFrames(source)) entries.push({ key, value: new Uint8Array(value), version })
  if (memory.items.size > 0) throw new Fault('precondition', 'the store is not empty')
  for (const { key, value, version } of entries) {
    write(memory, key, { value, version })
    memory.version = Math.max(memory.version, version)
  }
  for (const watcher of memory.watchers) watcher(null)
}

/** A handle on `memory`; the data outlive it. */
export function openMemory(memory: Memory = createMemory()): Storage {
  const closing = new AbortController()
  const watchers = new Set<Watcher>()
  const locks = new Set<ReturnType<typeof createLock>>()
  const check = (): void => {
    if (closing.signal.aborted) throw closing.signal.reason
  }

  return {
    async get(key) {
      check()
      const item = memory.items.get(key)
      return item === undefined ? null : { value: new Uint8Array(item.value), version: item.version }
    },
    async list(prefix, page) {
      check()
      const { from, after, to, limit } = range(prefix, page)
      const found: string[] = []
      if (limit === 0) return found
      for (const key of memory.keys.from(from)) {
        if (to !== null && compareKeys(key, to) >= 0) break
        if (key !== after && found.push(key) === limit) break
      }
      return found
    },
    async commit(batch) {
      check()
      checkBatch(batch)
      return apply(memory, batch)
    },
    watch(changed) {
      const watcher: Watcher = (keys, first) => changed(keys, first)
      watchers.add(watcher)
      memory.watchers.add(watcher)
      return {
        fresh: () => memory.watchers.has(watcher),
        close() {
          watchers.delete(watcher)
          memory.watchers.delete(watcher)
        },
      }
    },
    async lock(name, signal) {
      check()
      const done = await memory.turns.take(name, signal ? AbortSignal.any([signal, closing.signal]) : closing.signal)
      const lock = createLock(() => {
        locks.delete(lock)
        done()
      })
      lock.lost.addEventListener('abort', done)
      locks.add(lock)
      return lock
    },
    async *backup() {
      check()
      const entries: Entry[] = []
      for (const key of memory.keys.from('')) entries.push({ key, ...memory.items.get(key)! })
      yield* writeFrames(entries)
    },
    async restore(source) {
      check()
      await load(memory, source)
    },
    async close() {
      closing.abort(new Fault('unavailable', 'the store is closed'))
      for (const lock of locks) lock.lose(closing.signal.reason)
      for (const watcher of watchers) memory.watchers.delete(watcher)
    },
  }
}

export const memoryStorage: StorageType = {
  type: 'memory',
  about: 'Keeps everything in this process and forgets it at its end.',
  open: async () => openMemory(),
}
