// The file of a snapshot: a gzip'd tar that Vault's clients accept as one of Raft's. In this order `meta.json`, the
// state in pieces, `SHA256SUMS`, and `SHA256SUMS.sealed`, a proof by the root key. It is written as it comes, with bounded memory.
// What it holds is what the storage holds: sealed by the barrier already.
import { createHash } from 'node:crypto'
import { createWriteStream } from 'node:fs'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createGunzip, createGzip } from 'node:zlib'
import { Fault, invalid } from '../kit/errors.ts'
import { isObject } from '../kit/field.ts'
import { reader } from '../storage/frames.ts'

export interface SnapshotMeta {
  format: 1
  /** Of the program that wrote it. */
  version: string
  /** Type of the storage, whose `restore` reads the state. */
  storage: string
  /** ISO 8601. */
  created: string
}

const block = 512
const pieceBytes = 1024 * 1024
const largestNote = 64 * 1024
const sumsName = 'SHA256SUMS'
const sealedName = 'SHA256SUMS.sealed'

/** A header as POSIX's ustar has it. */
function header(name: string, size: number): Buffer {
  const head = Buffer.alloc(block)
  head.write(name, 0, 100)
  head.write('0000600\0', 100)
  head.write('0000000\0', 108)
  head.write('0000000\0', 116)
  head.write(`${size.toString(8).padStart(11, '0')}\0`, 124)
  head.write('00000000000\0', 136)
  head.write('        ', 148)
  head.write('0', 156)
  head.write('ustar\x0000', 257)
  head.write(`${head.reduce((sum, byte) => sum + byte, 0).toString(8).padStart(6, '0')}\0 `, 148)
  return head
}

const padding = (size: number): Buffer => Buffer.alloc((block - (size % block)) % block)

function* entry(name: string, content: Uint8Array): Generator<Uint8Array> {
  yield header(name, content.byteLength)
  yield content
  yield padding(content.byteLength)
}

async function* entries(meta: SnapshotMeta, state: AsyncIterable<Uint8Array>, prove: (sums: Buffer) => Buffer): AsyncGenerator<Uint8Array> {
  const note = Buffer.from(`${JSON.stringify(meta)}\n`)
  const hash = createHash('sha256')
  let count = 0
  yield* entry('meta.json', note)
  for await (const piece of pieces(state)) {
    hash.update(piece)
    yield* entry(`state/${String(count++).padStart(8, '0')}`, piece)
  }
  const sums = Buffer.from(`${createHash('sha256').update(note).digest('hex')}  meta.json\n${hash.digest('hex')}  state\n`)
  yield* entry(sumsName, sums)
  yield* entry(sealedName, prove(sums))
  yield Buffer.alloc(2 * block)
}

async function* pieces(state: AsyncIterable<Uint8Array>): AsyncGenerator<Buffer> {
  let held: Uint8Array[] = []
  let size = 0
  for await (const chunk of state) {
    held.push(chunk)
    size += chunk.byteLength
    if (size < pieceBytes) continue
    const all = Buffer.concat(held)
    for (let at = 0; at + pieceBytes <= size; at += pieceBytes) yield all.subarray(at, at + pieceBytes)
    held = [all.subarray(size - (size % pieceBytes))]
    size %= pieceBytes
  }
  if (size > 0) yield Buffer.concat(held)
}

/** The bytes of a snapshot; `prove` signs its check sums. */
export async function* pack(meta: SnapshotMeta, state: AsyncIterable<Uint8Array>, prove: (sums: Buffer) => Buffer): AsyncGenerator<Uint8Array> {
  // What is sealed does not compress; the least effort still shrinks the free pages of a database.
  const gzip = createGzip({ level: 1 })
  const done = pipeline(Readable.from(entries(meta, state, prove)), gzip)
  done.catch(() => {})
  yield* gzip as AsyncIterable<Uint8Array>
  await done
}

export interface Unpacked {
  meta: SnapshotMeta
  sums: Buffer
  proof: Buffer
}

/** Reads a snapshot and writes its state to a new file (0600); a Fault `invalid` where it is not whole or not sound. */
export async function unpack(source: AsyncIterable<Uint8Array>, file: string): Promise<Unpacked> {
  const gunzip = createGunzip()
  const fed = pipeline(Readable.from(source, { objectMode: false }), gunzip)
  fed.catch(() => {})
  try {
    const take = reader(gunzip)
    const note = await readEntry(take, 'meta.json', largestNote)
    const meta = metaOf(note)
    const out = createWriteStream(file, { mode: 0o600, flags: 'wx', flush: true })
    const hash = createHash('sha256')
    let rest: Entry | null = null
    await pipeline(states(take, hash, (last) => (rest = last)), out)
    const sums = contentOf(rest, sumsName)
    const expected = `${createHash('sha256').update(note).digest('hex')}  meta.json\n${hash.digest('hex')}  state\n`
    if (!sums.equals(Buffer.from(expected))) throw invalid('the snapshot is damaged: its check sums do not match')
    const proof = await readEntry(take, sealedName, largestNote)
    await take(2 * block)
    await fed
    return { meta, sums, proof }
  } catch (cause) {
    if (cause instanceof Fault || (cause as NodeJS.ErrnoException).syscall !== undefined) throw cause
    throw invalid('not a snapshot, or not a whole one')
  } finally {
    gunzip.destroy()
  }
}

type Take = (bytes: number) => Promise<Buffer>
interface Entry {
  name: string
  content: Buffer
}

async function nextEntry(take: Take, largest: number): Promise<Entry> {
  const head = Buffer.from(await take(block))
  const name = head.toString('latin1', 0, 100).replace(/\0.*$/s, '')
  const size = Number.parseInt(head.toString('latin1', 124, 135), 8)
  const sum = Number.parseInt(head.toString('latin1', 148, 154), 8)
  head.fill(' ', 148, 156)
  if (sum !== head.reduce((total, byte) => total + byte, 0) || !(size >= 0 && size <= largest)) throw invalid('not a snapshot, or a damaged one')
  const content = await take(size)
  await take(padding(size).length)
  return { name, content }
}

const contentOf = (found: Entry | null, name: string): Buffer => {
  if (found?.name !== name) throw invalid(`not a snapshot: ${name} is missing`)
  return found.content
}

const readEntry = async (take: Take, name: string, largest: number): Promise<Buffer> => contentOf(await nextEntry(take, largest), name)

/** The pieces of the state in their order; the first entry that is none ends them. */
async function* states(take: Take, hash: { update(data: Buffer): unknown }, ended: (entry: Entry) => void): AsyncGenerator<Buffer> {
  for (let count = 0; ; count++) {
    const found = await nextEntry(take, pieceBytes)
    if (found.name !== `state/${String(count).padStart(8, '0')}`) return ended(found)
    hash.update(found.content)
    yield found.content
  }
}

function metaOf(note: Buffer): SnapshotMeta {
  const meta: unknown = JSON.parse(note.toString())
  if (!isObject(meta) || typeof meta.storage !== 'string') throw invalid('not a snapshot of this program')
  if (meta.format !== 1) throw invalid('the snapshot was written by a newer version of this program')
  return meta as unknown as SnapshotMeta
}
