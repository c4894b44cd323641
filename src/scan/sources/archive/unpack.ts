// Undoes compression within a budget: small content in memory, large content through a file that is removed afterwards.
import { createWriteStream, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable, Transform } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import * as zlib from 'node:zlib'
import { ScanError } from '../../scan-error.ts'
import type { Budget } from './budget.ts'
import { contentOf, openFile, type Content, type FileContent } from './content.ts'

export type Packing = 'gzip' | 'deflate' | 'zstd' | 'xz'

const inMemory = 32 << 20
const piece = 1 << 20

/** What the first bytes say; null for content that is not compressed. */
export function packingOf(head: Buffer): Packing | null {
  if (head.length < 6) return null
  if (head[0] === 0x1f && head[1] === 0x8b && head[2] === 8) return 'gzip'
  if (head.readUInt32LE(0) === 0xfd2fb528) return 'zstd'
  if (head.toString('latin1', 0, 6) === '\xfd7zXZ\0') return 'xz'
  return null
}

const once: Record<Exclude<Packing, 'xz'>, (bytes: Buffer, options: { maxOutputLength: number }) => Buffer> = {
  gzip: zlib.gunzipSync, deflate: zlib.inflateRawSync, zstd: zlib.zstdDecompressSync,
}
const streams: Record<Exclude<Packing, 'xz'>, () => Transform> = {
  gzip: zlib.createGunzip, deflate: zlib.createInflateRaw, zstd: zlib.createZstdDecompress,
}

/** Hands the unpacked content to `use`. Throws ScanError for what is broken or beyond the budget. */
export async function withUnpacked<T>(packed: Content, packing: Packing, budget: Budget, use: (content: Content) => Promise<T>): Promise<T> {
  const most = budget.allowance(packed.length)
  if (packing !== 'xz' && packed.length <= inMemory) {
    const bytes = unpackSmall(packed, packing, Math.min(most, inMemory))
    if (bytes) {
      budget.spend(bytes.length)
      return use(contentOf(bytes))
    }
    if (most <= inMemory) throw new ScanError('it unpacks to too much')
  }
  const folder = mkdtempSync(join(tmpdir(), 'strongroom-scan-'))
  let file: FileContent | undefined
  try {
    const path = join(folder, 'content')
    await unpackToFile(packed, packing, path, most)
    file = openFile(path)
    budget.spend(file.length)
    return await use(file)
  } finally {
    file?.close()
    rmSync(folder, { recursive: true, force: true })
  }
}

/** Null when it is larger than `most`. */
function unpackSmall(packed: Content, packing: Exclude<Packing, 'xz'>, most: number): Buffer | null {
  try {
    return once[packing](packed.read(0, packed.length), { maxOutputLength: most })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE') return null
    throw new ScanError('the compressed data is broken')
  }
}

async function unpackToFile(packed: Content, packing: Packing, path: string, most: number): Promise<void> {
  let written = 0
  const bounded = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      written += chunk.length
      if (written > most) done(new ScanError('it unpacks to too much'))
      else done(null, chunk)
    },
  })
  try {
    if (packing === 'xz') {
      const library = await import('xz-decompress')
      const { XzReadableStream } = (library as Partial<typeof library>).default ?? library
      const unpacked = new XzReadableStream(Readable.toWeb(Readable.from(pieces(packed))) as never)
      await pipeline(Readable.fromWeb(unpacked as never), bounded, createWriteStream(path, { mode: 0o600 }))
    } else await pipeline(Readable.from(pieces(packed)), streams[packing](), bounded, createWriteStream(path, { mode: 0o600 }))
  } catch (error) {
    if (error instanceof ScanError) throw error
    throw new ScanError('the compressed data is broken')
  }
}

function* pieces(content: Content): Generator<Buffer> {
  for (let at = 0; at < content.length; at += piece) yield content.read(at, at + piece)
}
