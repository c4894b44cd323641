// Snapshots of a running server: taken while it works, and put in place of what it holds.
import { createReadStream, createWriteStream, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import type { Barrier } from '../barrier/barrier.ts'
import type { SealKeeper } from '../core/seal/keeper.ts'
import { Fault, invalid } from '../kit/errors.ts'
import type { Storage } from '../kit/storage.ts'
import { type SnapshotMeta, type Unpacked, pack, unpack } from './archive.ts'
import { type Findings, inspect, openCopy } from './inspect.ts'
import { prove, proves } from './proof.ts'

export interface SnapshotParts {
  storage: Storage
  barrier: Barrier
  keeper: SealKeeper
  storageType: string
  version: string
}

export class Snapshots {
  readonly #parts: SnapshotParts
  #restoring = false

  constructor(parts: SnapshotParts) {
    this.#parts = parts
  }

  /** A consistent copy of the whole store, taken while it is being written to. */
  save(): AsyncIterable<Uint8Array> {
    const { storage, barrier, storageType, version } = this.#parts
    const meta: SnapshotMeta = { format: 1, version, storage: storageType, created: new Date().toISOString() }
    return pack(meta, storage.backup(), (sums) => prove(barrier, sums))
  }

  /**
   * Replaces the store by a snapshot. Without `force` only by one that this server's present root key vouches for, and the server
   * goes on unsealed; with it by any of this storage type, and the server seals: the snapshot's own keys open it.
   */
  async restore(source: AsyncIterable<Uint8Array>, force: boolean): Promise<void> {
    if (this.#restoring) throw new Fault('unavailable', 'a snapshot is being restored already')
    this.#restoring = true
    try {
      await inFolder((folder) => this.#restore(source, force, folder))
    } finally {
      this.#restoring = false
    }
  }

  /** Restores a snapshot into an empty store beside this one, opens it with the present root key and reads everything. */
  verify(source: AsyncIterable<Uint8Array>): Promise<Findings> {
    return inFolder(async (folder) => {
      const file = join(folder, 'state')
      const { meta, sums, proof } = await unpack(source, file)
      this.#own(sums, proof)
      const root = this.#parts.barrier.rootKey()
      try {
        return await openCopy(meta, file, folder, async (storage, barrier) => {
          await barrier.unseal(root)
          return inspect(storage, barrier, meta)
        })
      } finally {
        root.fill(0)
      }
    })
  }

  #own(sums: Buffer, proof: Buffer): void {
    if (!proves(this.#parts.barrier, sums, proof)) throw invalid('could not verify hash file, possibly the snapshot is using a different set of unseal keys; use the snapshot-force API to bypass this check')
  }

  #checked({ meta, sums, proof }: Unpacked, force: boolean): void {
    const { storageType } = this.#parts
    if (meta.storage !== storageType) throw invalid(`the snapshot is of storage "${meta.storage}", this server's is "${storageType}"`)
    if (!force) this.#own(sums, proof)
  }

  async #restore(source: AsyncIterable<Uint8Array>, force: boolean, folder: string): Promise<void> {
    const { barrier, keeper, storage } = this.#parts
    const [state, former, formerState] = ['state', 'former.snap', 'former'].map((name) => join(folder, name)) as [string, string, string]
    this.#checked(await unpack(source, state), force)
    // What is replaced is kept until the snapshot is in place; a process that dies leaves it behind.
    await pipeline(this.save(), createWriteStream(former, { mode: 0o600, flags: 'wx', flush: true }))
    const root = barrier.rootKey()
    try {
      await keeper.seal()
      try {
        await replace(storage, state)
      } catch (cause) {
        await unpack(createReadStream(former), formerState)
        await replace(storage, formerState)
        await keeper.openWith(root)
        throw cause
      }
      if (!force) await keeper.openWith(root)
      else await keeper.openByItself().catch(() => false)
    } finally {
      root.fill(0)
    }
  }
}

const attempts = 5

/** Empties the store and fills it from the file; again when another process wrote meanwhile. */
async function replace(storage: Storage, file: string): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    for (let keys = await storage.list('', { limit: 500 }); keys.length > 0; keys = await storage.list('', { limit: 500 })) await storage.commit({ delete: keys })
    try {
      return await storage.restore(createReadStream(file))
    } catch (cause) {
      if (!(cause instanceof Fault) || cause.code !== 'precondition' || attempt === attempts) throw cause
    }
  }
}

/** Works in a new folder (0700) that is gone afterwards. */
export async function inFolder<T>(work: (folder: string) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), 'strongroom-snapshot-'))
  try {
    return await work(folder)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
