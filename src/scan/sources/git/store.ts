// The blobs of a repository, read from its files: packs, single objects, and those of the repositories that it borrows from
// (https://git-scm.com/docs/gitrepository-layout). What is not there in a form known here is left to git.
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { inflateSync } from 'node:zlib'
import { askGit } from '../git.ts'
import { applyDelta, deltaHead, type DeltaHead } from './delta.ts'
import { Pack } from './pack.ts'
import { Recent } from './recent.ts'

const ringSize = 32 << 20
/** Bytes that the deltas of one object may have together, whatever a pack says. */
const mostDeltas = 64 << 20
const mostAlternates = 16
const mostPacks = 200
const heldPacks = 32 << 20

interface Step extends DeltaHead {
  key: number
  delta: Buffer
}

export class ObjectStore {
  readonly #folders: string[]
  readonly #packs: Pack[] = []
  readonly #recent = new Recent(ringSize)
  /** The pack that held the last object: the next one is most likely there as well. */
  #last = 0

  /** `width`: bytes of an object's id. Packs are held in memory up to `room` bytes together; of others what is wanted is read. */
  constructor(objects: string, width: number, room = heldPacks) {
    this.#folders = withAlternates(objects)
    const paths = this.#folders.flatMap((folder) => namesIn(join(folder, 'pack')).map((name) => join(folder, 'pack', name)))
    for (const path of paths.filter((name) => name.endsWith('.idx')).slice(0, mostPacks)) {
      try {
        const pack = new Pack(path.slice(0, -4), width, room)
        room -= pack.held
        this.#packs.push(pack)
      } catch {
        // Too large, or not of a known form: git may still read it.
      }
    }
  }

  close(): void {
    for (const pack of this.#packs) pack.close()
  }

  /** The blob, valid until the next call; null for what is not here, not whole, no blob, or too large to be held. */
  read(id: Buffer): Buffer | null {
    try {
      for (let count = 0; count < this.#packs.length; count++) {
        const which = (this.#last + count) % this.#packs.length
        const offset = this.#packs[which]!.find(id)
        if (offset === -1) continue
        this.#last = which
        return this.#readPacked(which, offset)
      }
      return this.#readSingle(id.toString('hex'))
    } catch {
      return null
    }
  }

  #readPacked(which: number, offset: number): Buffer | null {
    const pack = this.#packs[which]!
    const steps: Step[] = []
    let room = mostDeltas
    let content: Buffer | null = null
    for (let at = offset; ; ) {
      const key = which * 2 ** 40 + at
      content = this.#recent.get(key, steps.at(-1)?.result ?? 0)
      if (content !== null) break
      const entry = pack.entry(at)
      if (entry.kind === 'other' || entry.size > this.#recent.largest || (room -= entry.size) < 0) return null
      const bytes = entry.kind === 'blob' ? this.#recent.place(key, entry.size) : Buffer.allocUnsafe(entry.size)
      pack.inflate(entry, bytes)
      if (entry.kind === 'blob') {
        content = bytes
        break
      }
      const head = deltaHead(bytes)
      if (head.result > this.#recent.largest) return null
      steps.push({ key, delta: bytes, ...head })
      at = entry.base
    }
    for (let step = steps.pop(); step !== undefined; step = steps.pop()) {
      if (content.length !== step.base) return null
      const next = this.#recent.place(step.key, step.result)
      applyDelta(step.delta, step.at, content, next)
      content = next
    }
    return content
  }

  #readSingle(id: string): Buffer | null {
    for (const folder of this.#folders) {
      let packed
      try {
        packed = readFileSync(join(folder, id.slice(0, 2), id.slice(2)))
      } catch {
        continue
      }
      const most = this.#recent.largest + 32
      const bytes = inflateSync(packed, { chunkSize: Math.min(most, Math.max(1024, packed.length * 5)), maxOutputLength: most })
      const start = bytes.indexOf(0) + 1
      return bytes.toString('latin1', 0, start) === `blob ${bytes.length - start}\0` ? bytes.subarray(start) : null
    }
    return null
  }
}

/** Opens the objects of a repository whose ids have so many bytes; throws what git says where there is none. */
export async function openStore(repository: string, width: number): Promise<ObjectStore> {
  for (const folder of [join(repository, '.git'), repository]) {
    // The usual forms of a repository and a bare one; a worktree has a file there, and its objects elsewhere.
    if (existsSync(join(folder, 'HEAD')) && existsSync(join(folder, 'objects'))) return new ObjectStore(join(folder, 'objects'), width)
  }
  const path = (await askGit(repository, ['rev-parse', '--git-path', 'objects'])).toString('utf8')
  return new ObjectStore(resolve(repository, path.replace(/\n$/, '')), width)
}

function withAlternates(objects: string): string[] {
  const folders = [objects]
  for (const folder of folders) {
    const list = join(folder, 'info', 'alternates')
    const lines = existsSync(list) ? readFileSync(list, 'utf8').split('\n') : []
    for (const line of lines) {
      const other = resolve(folder, line)
      if (line !== '' && !line.startsWith('#') && !folders.includes(other) && folders.length < mostAlternates) folders.push(other)
    }
  }
  return folders
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder)
  } catch {
    return []
  }
}
