// The words in which the contract of storage backends is written.

import assert from 'node:assert/strict'
import { Fault, type FaultCode } from '../kit/errors.ts'
import type { Storage } from '../kit/storage.ts'

/** An empty store: `open` gives one more handle on it, `end` removes it after its handles were closed. */
export interface Place {
  open(): Promise<Storage>
  end(): Promise<void>
}

/** One test: `open` gives handles on one place, which are closed after it. */
export type Behaviour = (open: () => Promise<Storage>, createPlace: () => Promise<Place>) => Promise<void>

export const bytes = (text: string): Uint8Array => Buffer.from(text)
export const text = async (storage: Storage, key: string): Promise<string | null> => {
  const item = await storage.get(key)
  return item && Buffer.from(item.value).toString()
}
export const version = async (storage: Storage, key: string): Promise<number> => (await storage.get(key))?.version ?? 0
export const putAll = (storage: Storage, keys: string[], value = 'v'): Promise<number> =>
  storage.commit({ put: keys.map((key): [string, Uint8Array] => [key, bytes(value)]) })
export const refused = (run: Promise<unknown>, code: FaultCode): Promise<void> =>
  assert.rejects(run, (error) => error instanceof Fault && error.code === code)
export const byBytes = (a: string, b: string): number => Buffer.compare(Buffer.from(a), Buffer.from(b))

export async function collect(source: AsyncIterable<Uint8Array>): Promise<Uint8Array[]> {
  const chunks: Uint8Array[] = []
  for await (const chunk of source) chunks.push(new Uint8Array(chunk))
  return chunks
}

export async function* stream(chunks: Uint8Array[]): AsyncGenerator<Uint8Array> {
  yield* chunks
}

export async function listAll(storage: Storage, prefix: string, limit: number): Promise<string[]> {
  const all: string[] = []
  for (;;) {
    const page = await storage.list(prefix, { limit, ...(all.length > 0 && { after: all.at(-1)! }) })
    assert.ok(page.length <= limit)
    all.push(...page)
    if (page.length < limit) return all
  }
}
