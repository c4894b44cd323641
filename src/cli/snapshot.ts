// Snapshots between the server and a file. A file is written beside its name and put in place when it is whole.
import { createReadStream, createWriteStream, renameSync, rmSync, statSync } from 'node:fs'
import { pipeline } from 'node:stream/promises'
import type { Client } from './api.ts'
import { UsageError } from './usage.ts'

/** Gives the bytes written. */
export async function saveSnapshot(client: Client, file: string): Promise<number> {
  const fresh = `${file}.${process.pid}.new`
  const response = await client.request('GET', 'sys/storage/raft/snapshot', { timeout: 0 })
  try {
    await pipeline(response.stream(), createWriteStream(fresh, { mode: 0o600, flags: 'wx', flush: true }))
    const { size } = statSync(fresh)
    if (size === 0) throw new Error('the server sent an empty snapshot')
    renameSync(fresh, file)
    return size
  } catch (error) {
    rmSync(fresh, { force: true })
    throw error
  }
}

/** `force` accepts a snapshot of another seal key. */
export async function sendSnapshot(client: Client, file: string, force: boolean): Promise<void> {
  const body = await readWhole(file)
  await client.with({ retries: 0 }).request('PUT', force ? 'sys/storage/raft/snapshot-force' : 'sys/storage/raft/snapshot', {
    body,
    timeout: 0,
    headers: { 'Content-Type': 'application/octet-stream' },
  })
}

/** What the server found in the snapshot after restoring it beside its own store. */
export async function verifySnapshot(client: Client, file: string): Promise<object> {
  const answer = await client.with({ retries: 0 }).json('PUT', 'sys/storage/raft/snapshot-verify', { body: await readWhole(file), timeout: 0, headers: { 'Content-Type': 'application/octet-stream' } })
  return (answer?.data as object | undefined) ?? {}
}

async function readWhole(file: string): Promise<Uint8Array> {
  try {
    const chunks: Buffer[] = []
    for await (const chunk of createReadStream(file)) chunks.push(chunk as Buffer)
    return Buffer.concat(chunks)
  } catch (error) {
    throw new UsageError(`Error opening file: ${(error as Error).message}`)
  }
}
