// Snapshots by the clock: one file each time, the newest kept. The files themselves say when the last one was taken.
import { mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'

export interface ScheduleOptions {
  folder: string
  /** Seconds from one snapshot to the next. */
  every: number
  /** How many are kept. */
  keep: number
}

const pattern = /^strongroom-(\d{4}-\d\d-\d\dT)(\d\d)-(\d\d)-(\d\d)Z\.snap$/

const nameAt = (time: number): string => `strongroom-${new Date(time).toISOString().slice(0, 19).replaceAll(':', '-')}Z.snap`
const timeOf = (name: string): number => Date.parse(name.replace(pattern, '$1$2:$3:$4Z'))

/** Names of the snapshots in a folder, oldest first. */
const present = (folder: string): string[] => readdirSync(folder).filter((name) => pattern.test(name)).sort()

/** Takes a snapshot where it is time for one, and removes those beyond the newest; gives the file, or null. */
export async function runSchedule({ folder, every, keep }: ScheduleOptions, save: () => AsyncIterable<Uint8Array>, now: number): Promise<string | null> {
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const last = present(folder).at(-1)
  if (last !== undefined && now - timeOf(last) < every * 1000) return null
  const file = join(folder, nameAt(now))
  const fresh = `${file}.new`
  // A file of this name was left by a process that died.
  for (const name of readdirSync(folder)) if (name.endsWith('.snap.new')) rmSync(join(folder, name))
  // Opened before the stream: one that fails while it still opens its file would make it after it was removed.
  const handle = await open(fresh, 'wx', 0o600)
  try {
    await pipeline(save(), handle.createWriteStream({ flush: true }))
    renameSync(fresh, file)
  } catch (cause) {
    rmSync(fresh, { force: true })
    throw cause
  }
  for (const name of present(folder).slice(0, -Math.max(1, keep))) rmSync(join(folder, name))
  return file
}
