// Snapshots without a running server: put into an empty store, or proved to be whole and to open.
import { createReadStream } from 'node:fs'
import { join } from 'node:path'
import type { Barrier } from '../barrier/barrier.ts'
import { SealKeeper } from '../core/seal/keeper.ts'
import { Fault, invalid } from '../kit/errors.ts'
import type { AutoSeal } from '../kit/seal.ts'
import type { Storage } from '../kit/storage.ts'
import { unpack } from './archive.ts'
import { type Findings, inspect, openCopy } from './inspect.ts'
import { prove } from './proof.ts'
import { inFolder } from './snapshots.ts'

/** Fills an empty store; a Fault `precondition` where it is not empty, `invalid` where the file is damaged or of another storage. */
export function restoreOffline(file: string, storage: Storage, storageType: string): Promise<void> {
  return inFolder(async (folder) => {
    const state = join(folder, 'state')
    const { meta } = await unpack(createReadStream(file), state)
    if (meta.storage !== storageType) throw invalid(`the snapshot is of storage "${meta.storage}", the configuration's is "${storageType}"`)
    await storage.restore(createReadStream(state))
  })
}

export interface OfflineFindings extends Findings {
  /** Whether the root key that the snapshot holds is the one that signed it. */
  signed: boolean
}

/** Restores into a store of its own, opens it by the seal or by shares of the unseal key, reads every record. */
export function verifyOffline(file: string, seal: AutoSeal | null, shares: () => Promise<Buffer[]>): Promise<OfflineFindings> {
  return inFolder(async (folder) => {
    const state = join(folder, 'state')
    const { meta, sums, proof } = await unpack(createReadStream(file), state)
    return openCopy(meta, state, folder, async (storage, barrier) => {
      await open(storage, barrier, seal, shares)
      return { ...(await inspect(storage, barrier, meta)), signed: prove(barrier, sums).equals(proof) }
    })
  })
}

async function open(storage: Storage, barrier: Barrier, seal: AutoSeal | null, shares: () => Promise<Buffer[]>): Promise<void> {
  const nothing = async (): Promise<void> => {}
  const keeper = new SealKeeper({ storage, barrier, seal, opened: nothing, closing: nothing, mintRootToken: async () => '' })
  if (!(await keeper.openByItself())) for (const share of await shares()) if (barrier.sealed) await keeper.unseal(share, false)
  if (barrier.sealed) throw new Fault('sealed', 'the file is whole, but its seal is not open: give the shares of the unseal key on standard input, one a line')
}
