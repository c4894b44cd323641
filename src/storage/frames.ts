// The backup stream of backends without a file format of their own: a magic line, then one frame per
// item in key order, then an end frame that proves completeness by count and SHA-256.
//
// frame: u32 key bytes, u32 value bytes, u64 version, key, value. End: zero key bytes, 40 value bytes: u64 count, digest.

import { createHash } from 'node:crypto'
import { invalid } from '../kit/errors.ts'
import type { Item } from '../kit/storage.ts'
import { largestValue, longestKey } from './key.ts'

const magic = Buffer.from('strongroom-store-1\n')
const headBytes = 16
const endBytes = 40

export interface Entry extends Item {
  key: string
}

function frame(key: Uint8Array, value: Uint8Array, version: number): Buffer {
  const head = Buffer.alloc(headBytes)
  head.writeUInt32BE(key.byteLength, 0)
  head.writeUInt32BE(value.byteLength, 4)
  head.writeBigUInt64BE(BigInt(version), 8)
  return Buffer.concat([head, key, value])
}

/** Frames `entries` as they come. */
export async function* writeFrames(entries: AsyncIterable<Entry> | Iterable<Entry>): AsyncGenerator<Uint8Array> {
  const hash = createHash('sha256')
  let count = 0
  yield magic
  for await (const { key, value, version } of entries) {
    const bytes = frame(Buffer.from(key), value, version)
    hash.update(bytes)
    count++
    yield bytes
  }
  const end = Buffer.alloc(endBytes)
  end.writeBigUInt64BE(BigInt(count), 0)
  hash.digest().copy(end, 8)
  yield frame(new Uint8Array(), end, 0)
}

/** Reads what `writeFrames` wrote; throws a Fault `invalid` at the first thing that is not so, at the latest at the end. */
export async function* readFrames(source: AsyncIterable<Uint8Array>): AsyncGenerator<Entry> {
  const take = reader(source)
  if (!(await take(magic.byteLength)).equals(magic)) throw invalid('not a backup of this type of store')
  const hash = createHash('sha256')
  for (let count = 0; ; count++) {
    const head = await take(headBytes)
    const keyBytes = head.readUInt32BE(0)
    const valueBytes = head.readUInt32BE(4)
    if (keyBytes > longestKey || valueBytes > largestValue) throw invalid('the backup is damaged')
    const body = await take(keyBytes + valueBytes)
    if (keyBytes === 0) {
      if (valueBytes !== endBytes || body.readBigUInt64BE(0) !== BigInt(count) || !hash.digest().equals(body.subarray(8))) {
        throw invalid('the backup is damaged')
      }
      return
    }
    hash.update(head).update(body)
    yield { key: body.toString('utf8', 0, keyBytes), value: body.subarray(keyBytes), version: Number(head.readBigUInt64BE(8)) }
  }
}

/** Gives exactly as many bytes as asked for; throws a Fault `invalid` where the source ends before. */
export function reader(source: AsyncIterable<Uint8Array>): (bytes: number) => Promise<Buffer> {
  const chunks = source[Symbol.asyncIterator]()
  let held: Buffer[] = []
  let size = 0
  return async (bytes) => {
    while (size < bytes) {
      const { done, value } = await chunks.next()
      if (done) throw invalid('the backup ends too early')
      held.push(Buffer.from(value.buffer, value.byteOffset, value.byteLength))
      size += value.byteLength
    }
    const all = held.length === 1 ? held[0]! : Buffer.concat(held)
    held = [all.subarray(bytes)]
    size = all.byteLength - bytes
    return all.subarray(0, bytes)
  }
}
