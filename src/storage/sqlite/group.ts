// What the main thread hands to the writer: the batches of many callers as one list of keys, one of numbers and one piece
// of memory that changes hands. Cloned batch by batch, they would cost more than their writing does.

import type { Batch } from '../../kit/storage.ts'

export interface Group {
  /** Of each batch in turn: the keys it expects, puts and deletes. */
  keys: string[]
  /** Of each batch in turn: how many keys it expects, puts and deletes, the versions it expects, the lengths of its values. */
  numbers: number[]
  /** The values put, one after the other. */
  values: ArrayBuffer
}

/** In the place of the version of the first key that a batch put, which is at least 1; 0: it put none. */
export const conflicted = -1

export function pack(batches: readonly Batch[]): Group {
  const keys: string[] = []
  const numbers: number[] = []
  let size = 0
  for (const { expect, put = [], delete: gone = [] } of batches) {
    numbers.push(expect?.size ?? 0, put.length, gone.length)
    for (const [key, version] of expect ?? []) {
      keys.push(key)
      numbers.push(version)
    }
    for (const [key, value] of put) {
      keys.push(key)
      numbers.push(value.byteLength)
      size += value.byteLength
    }
    keys.push(...gone)
  }
  // Not from the pool of small buffers: the memory is given away.
  const values = Buffer.allocUnsafeSlow(size)
  let at = 0
  for (const { put } of batches) {
    for (const [, value] of put ?? []) {
      values.set(value, at)
      at += value.byteLength
    }
  }
  return { keys, numbers, values: values.buffer as ArrayBuffer }
}

export function unpack({ keys, numbers, values }: Group): Batch[] {
  const batches: Batch[] = []
  let key = 0
  let at = 0
  for (let number = 0; number < numbers.length; ) {
    const [expected, puts, gone] = [numbers[number++]!, numbers[number++]!, numbers[number++]!]
    const expect = new Map<string, number>()
    const put: [string, Uint8Array][] = []
    for (let i = 0; i < expected; i++) expect.set(keys[key++]!, numbers[number++]!)
    for (let i = 0; i < puts; i++) {
      const length = numbers[number++]!
      put.push([keys[key++]!, new Uint8Array(values, at, length)])
      at += length
    }
    batches.push({ expect, put, delete: keys.slice(key, key + gone) })
    key += gone
  }
  return batches
}
