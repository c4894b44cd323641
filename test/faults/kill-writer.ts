// The process that `kill.ts` kills: writes numbered pairs as fast as it can and says each number, to the file that
// is its output, once it is durable.

import { writeSync } from 'node:fs'
import { openSqlite } from '../../src/storage/sqlite/index.ts'

const [path, first] = [process.argv[2]!, Number(process.argv[3])]
const storage = openSqlite(path)
let next = first

async function write(): Promise<void> {
  for (;;) {
    const number = next++
    const value = Buffer.from(String(number).padStart(200, '.'))
    await storage.commit({ put: [[`left/${number}`, value], [`right/${number}`, value]] })
    writeSync(1, `${number}\n`)
  }
}

await Promise.all(Array.from({ length: 32 }, write))
