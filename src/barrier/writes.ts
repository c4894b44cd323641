// What a transaction writes, and what becomes of it below the barrier.
import type { KeyObject } from 'node:crypto'
import type { Cache } from './cache.ts'
import { sealEnvelope } from './envelope.ts'

/** What a key is to hold: `bytes`, null to delete it; `value`: what reads would make of them, to be kept. */
export interface Write {
  bytes: Uint8Array | null
  value?: object
}

/** What `mark` writes, unsealed: a reader takes a key without a value for absent, whoever wrote it. */
export const noValue = new Uint8Array(0)

export interface SealedWrites {
  put: [key: string, value: Uint8Array][]
  gone: string[]
  /** The keys put, in their order. */
  changed: string[]
  /** Values to be kept: which of those put it is, and the cache's token for it. */
  kept: { path: string; at: number; value: object; awaited: number }[]
  /** How many were sealed. */
  seals: number
}

/** Nothing of what it gives holds a value in the clear, but for those to be kept. */
export function sealWrites(writes: ReadonlyMap<string, Write>, key: KeyObject, term: number, cache: Cache<unknown>): SealedWrites {
  const sealed: SealedWrites = { put: [], gone: [], changed: [], kept: [], seals: 0 }
  for (const [path, { bytes, value }] of writes) {
    if (bytes === null) {
      sealed.gone.push(path)
      continue
    }
    if (value !== undefined) sealed.kept.push({ path, at: sealed.put.length, value, awaited: cache.expect(path) })
    if (bytes !== noValue) sealed.seals++
    sealed.put.push([path, bytes === noValue ? bytes : sealEnvelope(key, term, path, bytes)])
    sealed.changed.push(path)
  }
  return sealed
}
