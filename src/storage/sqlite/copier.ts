// The thread that copies the database file for a backup, so that neither reads nor writes wait for it.

import { DatabaseSync } from 'node:sqlite'
import { workerData } from 'node:worker_threads'

const { from, to } = workerData as { from: string; to: string }
const database = new DatabaseSync(from, { timeout: 5000 })
database.prepare('VACUUM INTO ?').run(to)
database.close()
