// Reads blobs through one `git cat-file --batch`, in pieces where they are large.
import { createWriteStream } from 'node:fs'
import { pipeline } from 'node:stream/promises'
import type { Warn } from '../directory.ts'
import { failureOf, startGit, type GitProcess } from '../git.ts'

/** Blobs above this size come in pieces that overlap, so that memory stays bounded. */
const pieceSize = 16 << 20
const overlap = 16 << 10

/** A blob, the path that warnings name, and the number by which the caller knows it. */
export interface Named {
  number: number
  blob: string
  path: string
}

/** A blob or a piece of one. */
export interface Piece {
  of: Named
  /** Valid until the next one is asked for. */
  content: Buffer
  first: boolean
  last: boolean
  /** Lines before this piece. */
  baseLine: number
}

/** The bytes of each blob, in the order they were named; what the repository does not hold is told to `warn`. */
export async function* readBlobs(repository: string, named: Named[], warn: Warn): AsyncGenerator<Piece> {
  const git = startGit(repository, ['cat-file', '--batch', '--buffer'])
  const failure = failureOf(git)
  const asked = ask(git, named)
  asked.catch(() => git.kill())
  const input = new Input(git.stdout)
  for (let at = 0; ; at++) {
    const header = await input.line()
    if (header === null) break
    const of = named[at]!
    const [, type, size] = header.split(' ')
    if (type !== 'blob') {
      warn(of.path, `object ${of.blob} is ${header.slice(of.blob.length + 1, of.blob.length + 20)}`)
      if (size !== undefined) await input.skip(Number(size) + 1)
      continue
    }
    yield* readPieces(input, of, Number(size))
    await input.skip(1)
  }
  await asked
  const said = await failure
  if (said !== null) warn(repository, said)
}

async function* readPieces(input: Input, of: Named, size: number): AsyncGenerator<Piece> {
  let baseLine = 0
  let tail: Buffer = Buffer.alloc(0)
  for (let left = size, first = true; first || left > 0; first = false) {
    const taken = await input.take(Math.min(left, pieceSize))
    const content = first ? taken : Buffer.concat([tail, taken])
    left -= taken.length
    yield { of, content, first, last: left === 0, baseLine }
    const kept = Math.max(0, content.length - overlap)
    if (left > 0) for (let at = content.indexOf(10); at !== -1 && at < kept; at = content.indexOf(10, at + 1)) baseLine++
    tail = content.subarray(kept)
  }
}

/** Writes the names as fast as git takes them. */
async function ask(git: GitProcess, named: Named[]): Promise<void> {
  git.stdin.on('error', () => {})
  for (let at = 0; at < named.length; at += 100) {
    const lines = named.slice(at, at + 100).map(({ blob }) => blob + '\n')
    if (!git.stdin.write(lines.join(''))) await new Promise((resolve) => git.stdin.once('drain', resolve))
  }
  git.stdin.end()
}

/** Writes a blob into a file that only its owner may read; throws what git says. */
export async function saveBlob(repository: string, blob: string, file: string): Promise<void> {
  const git = startGit(repository, ['cat-file', 'blob', blob])
  const failure = failureOf(git)
  git.stdin.end()
  await pipeline(git.stdout, createWriteStream(file, { mode: 0o600 }))
  const said = await failure
  if (said !== null) throw new Error(said)
}

/** Cuts a stream of chunks into lines and counted bytes. */
class Input {
  readonly #chunks: AsyncIterator<Buffer>
  #chunk: Buffer = Buffer.alloc(0)
  #at = 0

  constructor(stream: AsyncIterable<Buffer>) {
    this.#chunks = stream[Symbol.asyncIterator]()
  }

  async #more(): Promise<boolean> {
    const { value, done } = await this.#chunks.next()
    if (done) return false
    this.#chunk = value
    this.#at = 0
    return true
  }

  /** The next line without its end; null at the end of the stream. */
  async line(): Promise<string | null> {
    let text = ''
    for (;;) {
      const end = this.#chunk.indexOf(10, this.#at)
      if (end !== -1) {
        text += this.#chunk.toString('latin1', this.#at, end)
        this.#at = end + 1
        return text
      }
      text += this.#chunk.toString('latin1', this.#at)
      if (!(await this.#more())) return null
    }
  }

  async take(count: number): Promise<Buffer> {
    if (this.#chunk.length - this.#at >= count) {
      const taken = this.#chunk.subarray(this.#at, this.#at + count)
      this.#at += count
      return taken
    }
    const taken = Buffer.allocUnsafe(count)
    let filled = 0
    while (filled < count) {
      if (this.#at === this.#chunk.length && !(await this.#more())) throw new Error('git ended within an object')
      const copied = this.#chunk.copy(taken, filled, this.#at, Math.min(this.#chunk.length, this.#at + count - filled))
      filled += copied
      this.#at += copied
    }
    return taken
  }

  async skip(count: number): Promise<void> {
    while (count > 0) {
      const here = Math.min(count, this.#chunk.length - this.#at)
      this.#at += here
      count -= here
      if (count > 0 && !(await this.#more())) return
    }
  }
}
