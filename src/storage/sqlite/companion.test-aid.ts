// Another process over a store, for the tests beside it: `write NAME COUNT`, `lock NAME` or `fill`.

import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { Fault } from '../../kit/errors.ts'
import { openSqlite } from './index.ts'

const [path, task, name = '', times] = process.argv.slice(2)
const storage = openSqlite(path!)

const isFault = (error: unknown, code: string): boolean => error instanceof Fault && error.code === code

/** Adds one to a number that all processes share. */
async function add(): Promise<void> {
  for (;;) {
    const item = await storage.get('count')
    const next = String(Number(item ? Buffer.from(item.value).toString() : 0) + 1)
    try {
      return void (await storage.commit({ expect: new Map([['count', item?.version ?? 0]]), put: [['count', Buffer.from(next)]] }))
    } catch (error) {
      if (!isFault(error, 'conflict')) throw error
    }
  }
}

async function write(): Promise<void> {
  for (let i = 0; i < Number(times); i++) {
    await storage.commit({ put: [[`${name}/${i}`, Buffer.from('v')]] })
    await add()
  }
}

async function hold(): Promise<void> {
  await storage.lock(name)
  console.log('held')
  await once(process.stdin, 'end')
}

/** Writes half a MiB for each line it reads, and says how that went; reads must work in any case. */
async function fill(): Promise<void> {
  for await (const _ of createInterface({ input: process.stdin })) {
    const outcome = await storage.commit({ put: [['large', Buffer.alloc(512 * 1024, 1)]] }).then(() => 'written', (error: unknown) => {
      if (isFault(error, 'unavailable')) return 'unavailable'
      throw error
    })
    if ((await storage.get('large'))?.value.byteLength !== 512 * 1024) throw new Error('the value was lost')
    console.log(outcome)
  }
}

await { write, lock: hold, fill }[task as 'write' | 'lock' | 'fill']()
await storage.close()
