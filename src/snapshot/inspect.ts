// What a snapshot holds, found out by restoring it into an empty store and opening every record.
import { createReadStream } from 'node:fs'
import { join } from 'node:path'
import { Barrier } from '../barrier/barrier.ts'
import { keyringPath } from '../barrier/keyring.ts'
import { configPath, recoveryPath, wrappedPath } from '../core/seal/records.ts'
import type { Storage } from '../kit/storage.ts'
import { readFrames } from '../storage/frames.ts'
import { storageTypes } from '../storage/index.ts'
import type { SnapshotMeta } from './archive.ts'

export interface Findings extends SnapshotMeta {
  /** Records that were opened, and their bytes. */
  records: number
  bytes: number
  /** Keys of records that do not open, at most a hundred. */
  broken: string[]
  mounts: { path: string; type: string; records: number }[]
  policies: number
  tokens: number
  leases: number
}

/** Stored in clear or under the root key itself. */
const belowBarrier = [keyringPath, configPath, wrappedPath, recoveryPath]

/** Fills an empty store below `folder` from the state of a snapshot and hands it to `work`, with a sealed barrier. */
export async function openCopy<T>(meta: SnapshotMeta, file: string, folder: string, work: (storage: Storage, barrier: Barrier) => Promise<T>): Promise<T> {
  // A backend that is a server of its own is not needed to read its frames.
  const storage = await storageTypes.find((one) => one.type === 'sqlite')!.open({ path: join(folder, 'copy.db') })
  const barrier = new Barrier(storage)
  try {
    if (meta.storage === 'sqlite') await storage.restore(createReadStream(file))
    else await copyFrames(storage, file)
    return await work(storage, barrier)
  } finally {
    barrier.close()
    await storage.close()
  }
}

async function copyFrames(storage: Storage, file: string): Promise<void> {
  let put: [string, Uint8Array][] = []
  for await (const { key, value } of readFrames(createReadStream(file))) {
    put.push([key, new Uint8Array(value)])
    if (put.length < 500) continue
    await storage.commit({ put })
    put = []
  }
  if (put.length > 0) await storage.commit({ put })
}

interface MountLine {
  path: string
  type: string
  uuid: string
}

/** Opens every record behind the open barrier. */
export async function inspect(storage: Storage, barrier: Barrier, meta: SnapshotMeta): Promise<Findings> {
  const findings: Findings = { ...meta, records: 0, bytes: 0, broken: [], mounts: [], policies: 0, tokens: 0, leases: 0 }
  const all = barrier.view('')
  const counts = new Map<string, number>()
  for (let after: string | undefined; ; ) {
    const keys = await storage.list('', after === undefined ? { limit: 1000 } : { after, limit: 1000 })
    for (const key of keys) {
      if (belowBarrier.includes(key)) continue
      await open(all, key, findings)
      const mount = /^logical\/([^/]+)\//.exec(key)?.[1]
      if (mount !== undefined) counts.set(mount, (counts.get(mount) ?? 0) + 1)
      else if (key.startsWith('core/policy/')) findings.policies++
      else if (key.startsWith('core/token/id/')) findings.tokens++
      else if (key.startsWith('core/lease/id/')) findings.leases++
    }
    if (keys.length < 1000) break
    after = keys.at(-1)
  }
  findings.mounts = (await mountsOf(barrier)).map(({ path, type, uuid }) => ({ path, type, records: counts.get(uuid) ?? 0 }))
  return findings
}

async function open(view: ReturnType<Barrier['view']>, key: string, findings: Findings): Promise<void> {
  try {
    findings.bytes += (await view.get(key))?.byteLength ?? 0
    findings.records++
  } catch {
    if (findings.broken.length < 100) findings.broken.push(key)
  }
}

async function mountsOf(barrier: Barrier): Promise<MountLine[]> {
  const view = barrier.view('core/mount/')
  const records = await Promise.all((await view.keys('')).map((key) => view.read<MountLine>(key).catch(() => null)))
  return records.filter((record) => record !== null && typeof record.path === 'string') as MountLine[]
}
