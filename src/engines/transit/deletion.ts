// The end of a key: at once where its settings allow it, or after a time in which it can be taken back.
import { Fault } from '../../kit/errors.ts'
import { duration, integer, text } from '../../kit/field.ts'
import { route, type Chore, type Route } from '../../kit/route.ts'
import type { Transaction, View } from '../../kit/view.ts'
import { aliasFolder } from './aliases.ts'
import { entryOf } from './attributes.ts'
import { grantFolder } from './grants.ts'
import { type Key, autoFolder, changeWithin, findKey, keyFolder, refuseEnding } from './key.ts'

/** Keys about to be deleted, by when. */
const endingFolder = 'ending/'
const marker = (due: number, name: string): string => `${endingFolder}${String(due).padStart(15, '0')}/${name}`

/** Removes a key and all that hangs on it. */
export function eraseKey(tx: Transaction, key: Key, grants: readonly string[]): void {
  tx.delete(keyFolder + key.name)
  tx.delete(autoFolder + key.name)
  for (const alias of key.aliases ?? []) tx.delete(aliasFolder + alias)
  for (const grant of grants) tx.delete(grant)
  if (key.deletion) tx.delete(marker(key.deletion.due, key.name))
}

export const grantsOf = (store: View, name: string): Promise<string[]> => store.keys(`${grantFolder}${name}/`, { limit: 1000 })

const name = text({ about: 'Name of the key.', required: true })
const due = integer({ about: 'When the key ends, milliseconds since 1970.' })

const schedule = route({
  op: 'write',
  path: 'keys/:name/deletion',
  about: 'Delete a key after a time; until then it cannot be used.',
  takes: { name, window: duration({ about: 'Seconds until the end.', required: true }) },
  gives: { due },
  async run(context, input) {
    const asked = context.now()
    const end = asked + Math.max(0, input.window) * 1000
    return context.store.update(async (tx) => {
      const key = await changeWithin(tx, input.name, (key) => {
        refuseEnding(key)
        key.deletion = { asked, due: end }
      })
      tx.write(marker(end, input.name), {})
      return entryOf(key)
    })
  },
})

const cancel = route({
  op: 'delete',
  path: 'keys/:name/deletion',
  about: 'Take the end of a key back; it stays out of use until it is restored.',
  takes: { name },
  gives: { due },
  run: (context, input) =>
    context.store.update(async (tx) => {
      const key = await changeWithin(tx, input.name, (key) => {
        if (!key.deletion) throw notEnding(key)
        tx.delete(marker(key.deletion.due, key.name))
        delete key.deletion
        key.softDeleted = true
      })
      return entryOf(key)
    }),
})

const notEnding = (key: Key): Fault => new Fault('invalid', `key ${key.name} is not about to be deleted`, { reason: ['key-not-ending'] })

export const deletionRoutes: Route[] = [schedule, cancel]

/** Deletes the keys whose time has come. */
export const endKeys: Chore = {
  name: 'delete keys',
  every: 60,
  async run({ store, now, signal }) {
    for (const marked of await store.keys(endingFolder, { limit: 1000 })) {
      signal.throwIfAborted()
      const [, time, name] = marked.split('/')
      if (Number(time) > now()) return
      const grants = await grantsOf(store, name!)
      await store.update(async (tx) => {
        tx.delete(marked)
        const key = await findKey(tx, name!)
        if (key?.deletion && key.deletion.due <= now()) eraseKey(tx, key, grants)
      })
    }
  },
}
