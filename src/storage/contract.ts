// What every storage backend must pass. The suite is handed a place in which any number of handles on
// the same store can be opened; each test gets a place of its own.

import { describe, test } from 'node:test'
import type { Storage } from '../kit/storage.ts'
import { commits, lists, values } from './contract-data.ts'
import { copies, feeds, locks } from './contract-handles.ts'
import type { Place } from './contract-terms.ts'

const behaviours = { ...values, ...lists, ...commits, ...feeds, ...locks, ...copies }

/** Runs the suite against the backend `name`, whose empty stores `createPlace` makes. */
export function testStorage(name: string, createPlace: () => Promise<Place>): void {
  describe(`storage ${name}`, () => {
    for (const [about, run] of Object.entries(behaviours)) {
      test(about, async () => {
        const place = await createPlace()
        const handles: Storage[] = []
        const open = async (): Promise<Storage> => {
          const handle = await place.open()
          handles.push(handle)
          return handle
        }
        try {
          await run(open, createPlace)
        } finally {
          for (const handle of handles) await handle.close()
          await place.end()
        }
      })
    }
  })
}
