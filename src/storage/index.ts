// The storage backends there are. A driver is loaded when its type is opened, so that nobody pays for another's.

import type { StorageType } from '../kit/storage.ts'

const lazy = (type: string, about: string, load: () => Promise<StorageType>): StorageType => ({
  type,
  about,
  open: async (options) => (await load()).open(options),
})

/** Every storage type, as configuration names it. */
export const storageTypes: StorageType[] = [
  lazy('sqlite', 'One SQLite file at `path`, shared by the processes of one machine.', async () => (await import('./sqlite/index.ts')).sqliteStorage),
  lazy('memory', 'Keeps everything in this process and forgets it at its end.', async () => (await import('./memory/index.ts')).memoryStorage),
  lazy('postgres', 'A PostgreSQL database at `connection_url`, shared by any number of nodes.', async () => {
    return (await import('./postgres/index.ts')).postgresStorage
  }),
]
