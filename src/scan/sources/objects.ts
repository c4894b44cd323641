// Reads blobs through one `git cat-file --batch`, while their names are still being listed.
import type { Brought } from './history.ts'
import type { Warn } from './directory.ts'
import { failureOf, startGit, type GitProcess } from './git.ts'

/** Blobs above this size come in pieces that overlap, so that memory stays bounded. */
const pieceSize = 16 << 20
const overlap = 16 << 10

export interface Content {
  brought: Brought
  /** Valid until the next one is asked for. */
  content: Buffer
  whole: boolean
  /** Lines before this piece. */
  baseLine: number
}

/** The bytes of each blob, in the order they were named; what the repository does not hold is told to `warn`. */
export async function* readObjects(repository: string, named: AsyncIterable<Brought>, warn: Warn): AsyncGenerator<Content> {
  const git = startGit(repository, ['cat-file', '--batch', '--buffer'])
  const failure = failureOf(git)
  const queue: Brought[] = []
  const asked = ask(git, named, queue)
  asked.catch(() => git.kill())
  const input = new Input(git.stdout)
  for (let at = 0; ; at++) {
    const header = await input.line()
    if (header === null) break
    if (at === 1024) {
      queue.splice(0, at)
      at = 0
    }
    const brought = queue[at]!
    const [, type, size] = header.split(' ')
    if (type !== 'blob') {
      warn(brought.path, `object ${brought.blob} is ${header.slice(41, 60)}`)
      if (size !== undefined) await input.skip(Number(size) + 1)
      continue
    }
    yield* readBlob(input, brought, Number(size))
    await input.skip(1)
  }
  await asked
  const said = await failure
  if (said !== null) warn(repository, said)
}

async function* readBlob(input: Input, brought: Brought, size: number): AsyncGenerator<Content> {
  if (size <= pieceSize) {
    yield { brought, content: await input.take(size), whole: true, baseLine: 0 }
    return
  }
  let baseLine = 0
  let tail: Buffer = Buffer.alloc(0)
  for (let left = size; left > 0; ) {
    const piece = Buffer.concat([tail, await input.take(Math.min(left, pieceSize))])
    left -= piece.length - tail.length
    yield { brought, content: piece, whole: false, baseLine }
    const kept = Math.max(0, piece.length - overlap)
    for (let at = piece.indexOf(10); at !== -1 && at < kept; at = piece.indexOf(10, at + 1)) baseLine++
    tail = piece.subarray(kept)
  }
}

/** Writes the names as fast as git takes them; the queue tells what the answers, which come in the same order, belong to. */
async function ask(git: GitProcess, named: AsyncIterable<Brought>, queue: Brought[]): Promise<void> {
  git.stdin.on('error', () => {})
  let lines = ''
  for await (const brought of named) {
    queue.push(brought)
    lines += brought.blob + '\n'
    if (lines.length < 4096) continue
    if (!git.stdin.write(lines)) await new Promise((resolve) => git.stdin.once('drain', resolve))
    lines = ''
  }
  git.stdin.end(lines)
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
