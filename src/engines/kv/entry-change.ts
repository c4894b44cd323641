// What happens to a secret as a whole: its description and tags, its staging labels, its end and its return.
import { Fault, invalid } from '../../kit/errors.ts'
import { boolean, integer, isObject, object, text } from '../../kit/field.ts'
import { type Chore, type Context, type Route, route } from '../../kit/route.ts'
import type { Transaction } from '../../kit/view.ts'
import { checkLabels, entryAt, markOf, markedForDeletion, mergeBeside, seenOf, stagesOf } from './entry.ts'
import { type Secret, currentLabel, endKey, idOf, isReadable, labelsOf, moveLabels, numberOfId, removeSecret, requirePath, secretAt, stamp, writeSecret } from './secret.ts'

const mark = text({ about: 'Only the secret with this mark.' })
export const entryChange = { entry: object({ about: 'Changes of attributes, tags (null removes) and of one staging label: { name, to, from }, version ids.' }), mark }
export const entryEnd = { recovery: integer({ about: 'Seconds in which the secret can still be restored; 0 removes it at once.' }), mark }
export const entryList = {
  entry: boolean({ about: 'Show each secret with ids and labels.', default: false }),
  made: boolean({ about: 'With entry, of the whole mount: in the order in which the secrets were made.', default: false }),
}

type At = { path: string; mark?: string | undefined }

async function viewOf(context: Context, path: string, secret: Secret): Promise<Record<string, unknown>> {
  const seen = await seenOf(context.store, path, secret)
  const days = Object.values(seen)
  return {
    path,
    mark: markOf(path, secret),
    created: stamp(secret.created),
    updated: stamp(secret.updated),
    ...(days.length > 0 && { seen: Math.max(...days) }),
    attributes: secret.attributes ?? {},
    tags: secret.custom,
    ...(secret.deletion && { deletion: secret.deletion }),
    versions: Object.entries(secret.versions).map(([number, version]) => ({
      number: Number(number),
      id: idOf(path, secret, Number(number)),
      created: stamp(version.created),
      stages: stagesOf(secret, Number(number)),
      ...(seen[number] !== undefined && { seen: seen[number] }),
      readable: isReadable({ ...secret, deletion: undefined as never }, version, context.now()),
    })),
  }
}

export const describeEntry = async (context: Context, input: At): Promise<Record<string, unknown>> => viewOf(context, input.path, await entryAt(context.store, input.path, input.mark))

/** A page of secrets in the order of their paths or, of the whole mount, in that of their making. `next` is where the following page begins. */
export async function listEntries(context: Context, input: { path: string; made?: boolean; after?: string | undefined; limit?: number | undefined }): Promise<Record<string, unknown>> {
  const base = input.made ? 'made/' : `meta/${input.path === '' ? '' : `${input.path}/`}`
  const limit = Math.min(Math.max(1, input.limit ?? 500), 1000)
  const keys = await context.store.keys(base, input.after === undefined ? { limit } : { after: base + input.after, limit })
  const entries: Record<string, unknown>[] = []
  for (const key of keys) {
    const path = input.made ? key.slice(key.indexOf('/', base.length) + 1) : key.slice('meta/'.length)
    const secret = await secretAt(context.store, path)
    if (secret) entries.push({ ...(await viewOf(context, path, secret)), at: key.slice(base.length) })
  }
  return { entries, ...(keys.length === limit && { next: keys.at(-1)!.slice(base.length) }) }
}

/** Writes what `change` makes of a secret that is not about to end. */
function change<T>(context: Context, input: At, run: (secret: Secret, tx: Transaction) => [Secret, T]): Promise<T> {
  return context.store.update(async (tx) => {
    const secret = await entryAt(tx, requirePath(input.path), input.mark)
    const [changed, result] = run(secret, tx)
    writeSecret(tx, input.path, changed)
    return result
  })
}

export function changeEntry(context: Context, input: At, raw: Record<string, unknown>): Promise<Record<string, unknown>> {
  const { attributes, tags, stage, limits } = raw as { attributes?: unknown; tags?: unknown; stage?: StageMove; limits?: { tags?: number; labels?: number } }
  return change(context, input, (secret) => {
    if (secret.deletion) throw new Fault('precondition', markedForDeletion)
    let changed = mergeBeside(secret, attributes, tags)
    if (limits?.tags !== undefined && Object.keys(changed.custom).length > limits.tags) throw new Fault('too-large', 'too many tags')
    if (isObject(stage)) {
      changed = moveStage(input.path, changed, stage as unknown as StageMove)
      checkLabels(Object.keys(labelsOf(changed)).length, limits)
    }
    return [{ ...changed, updated: context.now() }, { mark: markOf(input.path, changed), number: changed.current }]
  })
}

interface StageMove {
  name: string
  /** Ids of versions. */
  to?: string
  from?: string
}

function moveStage(path: string, secret: Secret, { name, to, from }: StageMove): Secret {
  const labels = labelsOf(secret)
  const holder = Object.hasOwn(labels, name) ? labels[name] : undefined
  const numbered = (id: string): number => {
    const number = numberOfId(path, secret, id)
    if (number === 0) throw new Fault('not-found', `Secrets Manager can't find the specified secret value for VersionId: ${id}`)
    return number
  }
  const target = to === undefined ? undefined : numbered(to)
  const source = from === undefined ? undefined : numbered(from)
  const holderId = holder === undefined ? undefined : idOf(path, secret, holder)
  if (source !== undefined && holder !== source) throw invalid(`The parameter RemoveFromVersionId you provided is not valid. Staging label ${name} is not currently attached to version ${from}.`)
  if (holder !== undefined && source === undefined && target !== holder) {
    throw invalid(`The parameter RemoveFromVersionId can't be empty. Staging label ${name} is currently attached to version ${holderId}, so you must explicitly reference that version in RemoveFromVersionId.`)
  }
  if (target === undefined && name === currentLabel) throw invalid('You can only move staging label AWSCURRENT to a different secret version. It can\u2019t be completely removed.')
  if (target !== undefined) return { ...secret, labels: moveLabels(labels, [name], target) }
  const { [name]: _, ...rest } = labels
  return { ...secret, labels: rest }
}

export function endEntry(context: Context, input: At, recovery: number): Promise<Record<string, unknown>> {
  const now = context.now()
  const due = now + Math.max(0, recovery) * 1000
  return context.store.update(async (tx) => {
    const secret = await entryAt(tx, input.path, input.mark)
    if (secret.deletion && recovery > 0) throw new Fault('precondition', markedForDeletion)
    if (recovery <= 0) removeSecret(tx, input.path, secret)
    else {
      writeSecret(tx, input.path, { ...secret, updated: now, deletion: { asked: now, due } })
      tx.mark(endKey(due, input.path))
    }
    return { mark: markOf(input.path, secret), due }
  })
}

/** Takes the end that awaits a secret away again. */
export function withoutEnd(tx: Transaction, path: string, secret: Secret): Secret {
  if (!secret.deletion) return secret
  tx.delete(endKey(secret.deletion.due, path))
  const { deletion: _, ...kept } = secret
  return kept
}

export const restoreRoute: Route = route({
  op: 'write',
  path: 'restore/:path*',
  about: 'Brings a secret back that was to be removed.',
  takes: { path: text({ about: 'Location of the secret.', default: '' }), mark },
  run: (context, input) => change(context, input, (secret, tx) => [withoutEnd(tx, input.path, secret), { mark: markOf(input.path, secret) }]),
})

/** Removes secrets whose time to be restored has passed; reads only what is due. */
export const endings: Chore = {
  name: 'end-secrets',
  every: 10,
  async run(context) {
    for (;;) {
      const now = String(Math.trunc(context.now() / 1000)).padStart(11, '0')
      const due = (await context.store.keys('end/', { limit: 100 })).filter((key) => key.slice(4, 15) <= now)
      for (const key of due) {
        const path = key.slice(16)
        await context.store.update(async (tx) => {
          const secret = await secretAt(tx, path)
          if (secret?.deletion && endKey(secret.deletion.due, path) === key) removeSecret(tx, path, secret)
          tx.delete(key)
        })
      }
      if (due.length < 100) return
    }
  },
}
