// Aliases: further names for keys, which can be pointed elsewhere. Policies speak of keys, never of aliases, so what an
// alias stands for is looked up before a request is made.
import { Fault } from '../../kit/errors.ts'
import { boolean, integer, list, object, text } from '../../kit/field.ts'
import { route, type Route } from '../../kit/route.ts'
import type { Transaction, View } from '../../kit/view.ts'
import { absent, changeWithin, findKey, refuseEnding } from './key.ts'

export const aliasFolder = 'alias/'
const mostAliases = 50

export interface Alias {
  target: string
  /** Milliseconds since 1970. */
  created: number
  updated: number
}

/** The name of the key that an alias stands for, or null. */
export const targetOf = async (store: View, alias: string): Promise<string | null> => (await store.read<Alias>(aliasFolder + alias))?.target ?? null

const name = text({ about: 'The alias; may have slashes.', required: true })
const target = text({ about: 'Name of the key that it stands for.' })

/** Points an alias at a key, and no longer at the one before. */
async function point(tx: Transaction, name: string, before: Alias | null, target: string, now: number): Promise<Alias> {
  if (before && before.target !== target) await unlink(tx, name, before.target)
  await changeWithin(tx, target, (key) => {
    refuseEnding(key)
    const aliases = new Set(key.aliases).add(name)
    if (aliases.size > mostAliases) throw new Fault('too-large', `a key has at most ${mostAliases} aliases`)
    key.aliases = [...aliases].sort()
  })
  const alias = { target, created: before?.created ?? now, updated: now }
  tx.write(aliasFolder + name, alias)
  return alias
}

async function unlink(tx: Transaction, name: string, target: string): Promise<void> {
  await changeWithin(tx, target, (key) => {
    key.aliases = (key.aliases ?? []).filter((one) => one !== name)
  }).catch((cause: unknown) => {
    if (!(cause instanceof Fault && cause.reason?.[0] === 'key-absent')) throw cause
  })
}

export const aliasRoutes: Route[] = [
  route({
    op: 'write',
    path: 'aliases/:name*',
    about: 'Make an alias of a key, or point one elsewhere.',
    takes: { name, target: text({ about: target.about, required: true }), present: boolean({ about: 'Whether the alias has to exist already; it must not where this is false. Default: either.' }) },
    run: (context, input) =>
      context.store.update(async (tx) => {
        const before = await tx.read<Alias>(aliasFolder + input.name)
        if (before && input.present === false) throw new Fault('exists', `alias ${input.name} exists`)
        if (!before && input.present === true) throw new Fault('not-found', `no alias ${input.name}`, { reason: ['alias-absent'] })
        return { ...(await point(tx, input.name, before, input.target, context.now())) }
      }),
  }),
  route({
    op: 'read',
    path: 'aliases/:name*',
    about: 'What an alias stands for.',
    takes: { name },
    gives: { target, created: integer({ about: 'Milliseconds since 1970.' }), updated: integer({ about: 'Milliseconds since 1970.' }) },
    run: async (context, input) => (await context.store.read<Alias>(aliasFolder + input.name)) as Record<string, unknown> | null,
  }),
  route({
    op: 'delete',
    path: 'aliases/:name*',
    about: 'Remove an alias; the key stays.',
    takes: { name },
    run: (context, input) =>
      context.store.update(async (tx) => {
        const alias = await tx.read<Alias>(aliasFolder + input.name)
        if (!alias) throw new Fault('not-found', `no alias ${input.name}`)
        await unlink(tx, input.name, alias.target)
        tx.delete(aliasFolder + input.name)
      }),
  }),
  route({
    op: 'list',
    path: 'aliases',
    about: 'Aliases and what they stand for, by pages.',
    takes: { key: text({ about: 'Only those of this key.', default: '' }), after: text({ about: 'List names after this one.' }), limit: integer({ about: 'At most so many.', default: 1000 }) },
    gives: { keys: list({ about: 'Aliases.' }), key_info: object({ about: 'What each stands for.' }) },
    async run(context, input) {
      const limit = Math.min(Math.max(1, input.limit), 1000)
      const names = input.key === '' ? await namesOf(context.store, limit, input.after) : await namesFor(context.store, input.key, limit, input.after)
      const found = await Promise.all(names.map(async (one) => [one, await context.store.read<Alias>(aliasFolder + one)] as const))
      const present = found.filter(([, alias]) => alias !== null)
      return { keys: present.map(([one]) => one), key_info: Object.fromEntries(present) }
    },
  }),
]

const namesOf = async (store: View, limit: number, after: string | undefined): Promise<string[]> =>
  (await store.keys(aliasFolder, { limit, ...(after !== undefined && { after: aliasFolder + after }) })).map((key) => key.slice(aliasFolder.length))

async function namesFor(store: View, keyName: string, limit: number, after = ''): Promise<string[]> {
  const key = await findKey(store, keyName)
  if (!key) throw absent('no such key')
  return (key.aliases ?? []).filter((one) => one > after).slice(0, limit)
}
