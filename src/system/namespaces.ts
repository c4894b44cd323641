// `sys/namespaces/*`: tenants below this one.
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'
import type { Core } from '../core/core.ts'
import type { Namespace } from '../core/namespaces.ts'
import { answer, listing } from '../kit/answer.ts'
import { Fault, invalid } from '../kit/errors.ts'
import { integer, object, text } from '../kit/field.ts'
import { type Context, type Route, route } from '../kit/route.ts'
import { unmount } from './mounts.ts'
import { isRoot } from './session.ts'

const view = (namespace: Namespace): Record<string, unknown> => ({
  id: namespace.id,
  uuid: namespace.uuid,
  path: namespace.path,
  custom_metadata: namespace.metadata,
  locked: namespace.lock !== undefined,
  tainted: false,
})

const digest = (key: string): string => createHash('sha256').update(key).digest('hex')

/** Ends everything in a namespace. */
export async function emptyNamespace(core: Core, namespace: Namespace): Promise<void> {
  await core.leases.revokePrefix(namespace.id, '', true)
  for (const mount of core.mounts.of(namespace.path)) if (!mount.builtin) await unmount(core, mount)
  for (let accessors = await core.tokens.accessors(namespace.id); accessors.length > 0; accessors = await core.tokens.accessors(namespace.id)) {
    for (const accessor of accessors) await core.revoke(accessor)
  }
  for (let ids = await core.accessKeys.list(namespace.id); ids.length > 0; ids = await core.accessKeys.list(namespace.id)) for (const id of ids) await core.endAccessKey(id)
  await core.identity.forgetNamespace(namespace.id)
  await core.mfa.forgetNamespace(namespace.id)
  await core.quotas.move(namespace.path, null)
  for (const prefix of [`policy/${namespace.id}/`, `password/${namespace.id}/`, `known/${namespace.id}/`]) {
    for (let keys = await core.root.keys(prefix, { limit: 500 }); keys.length > 0; keys = await core.root.keys(prefix, { limit: 500 })) {
      const batch = keys
      await core.root.update((tx) => batch.forEach((key) => tx.delete(key)))
    }
  }
}

/** What lies below a mount is its engine's. */
function refuseMounted(core: Core, path: string): void {
  const parent = path.slice(0, path.lastIndexOf('/') + 1)
  if (core.mounts.covers(parent, `${path.slice(parent.length)}/`)) throw invalid(`namespace "${path}" would lie over a mount`)
}

export function namespaceRoutes(core: Core): Route[] {
  const path = text({ about: 'Path of the namespace, relative to this one.', required: true })
  const metadata = object({ about: 'Strings by name.' })
  const find = (context: Context, name: string): Namespace | undefined => core.namespaces.at(`${context.mount.namespace}${name.replace(/\/+$/, '')}/`)
  const strings = (raw: Record<string, unknown>): Record<string, string> =>
    Object.fromEntries(
      Object.entries(raw).map(([key, value]) => {
        if (typeof value !== 'string') throw invalid('custom_metadata: expected strings')
        return [key, value]
      }),
    )
  const lists = (op: 'list' | 'scan'): Route =>
    route({
      op,
      path: 'namespaces',
      about: op === 'list' ? 'Lists the namespaces directly below.' : 'Lists every namespace below.',
      takes: { after: text({ about: 'Begin after this name.' }), limit: integer({ about: 'At most this many.' }) },
      run(context, input) {
        const own = context.mount.namespace
        const names = core.namespaces.below(own).map((one) => one.path.slice(own.length)).filter((name) => (op === 'scan' || name.indexOf('/') === name.length - 1) && (input.after === undefined || name > input.after))
        const keys = input.limit && input.limit > 0 ? names.slice(0, input.limit) : names
        return listing(keys, Object.fromEntries(keys.map((key) => [key, view(core.namespaces.at(own + key)!)])))
      },
    })
  const setLock = async (context: Context, name: string): Promise<{ unlock_key: string }> => {
    const target = name === '' ? core.namespaces.at(context.mount.namespace) : find(context, name)
    if (!target || target.path === '') throw invalid('root namespace cannot be locked/unlocked')
    if (target.lock !== undefined) throw invalid(`cannot lock namespace "${target.path}": it is already locked`)
    const key = randomBytes(24).toString('base64url')
    await core.namespaces.change(target.path, { lock: digest(key) })
    return { unlock_key: key }
  }
  const removeLock = async (context: Context, name: string, key: string | undefined): Promise<void> => {
    const target = name === '' ? core.namespaces.at(context.mount.namespace) : find(context, name)
    if (!target?.lock) throw invalid(`namespace "${target?.path ?? name}" is not locked`)
    // Root needs no key, but one that it gives must fit.
    if (key === undefined ? !(await isRoot(core, context)) : !timingSafeEqual(Buffer.from(digest(key)), Buffer.from(target.lock))) throw invalid('incorrect unlock key')
    await core.namespaces.change(target.path, { lock: null })
  }
  const lockName = { path: text({ about: 'Path of the namespace; default: this one.', default: '' }) }
  return [
    lists('list'),
    lists('scan'),
    route({
      op: 'write',
      path: 'namespaces/api-lock/lock/:path*',
      about: 'Locks the API of a namespace.',
      access: 'sudo',
      takes: lockName,
      run: (context, input) => setLock(context, input.path),
    }),
    route({
      op: 'write',
      path: 'namespaces/api-lock/unlock/:path*',
      about: 'Unlocks it again.',
      access: 'sudo',
      takes: { ...lockName, unlock_key: text({ about: 'The key that locking gave.', secret: true }) },
      run: (context, input) => removeLock(context, input.path, input.unlock_key),
    }),
    route({
      op: 'read',
      path: 'namespaces/:path*',
      about: 'Reads a namespace.',
      takes: { path },
      run(context, input) {
        const found = find(context, input.path)
        return found && found.path !== context.mount.namespace ? view(found) : null
      },
    }),
    route({
      op: 'write',
      path: 'namespaces/:path*',
      about: 'Makes a namespace; where it is already, its metadata is replaced.',
      takes: { path, custom_metadata: metadata },
      async run(context, input) {
        const custom = input.custom_metadata && strings(input.custom_metadata)
        const present = find(context, input.path)
        if (/\/./.test(input.path)) throw invalid('namespace name cannot contain /')
        if (!present) refuseMounted(core, context.mount.namespace + input.path.replace(/\/+$/, ''))
        const made = present && custom ? await core.namespaces.change(present.path, { metadata: custom }) : await core.namespaces.create(context.mount.namespace, input.path, custom)
        await core.mounts.load()
        return view(made)
      },
    }),
    route({
      op: 'patch',
      path: 'namespaces/:path*',
      about: 'Changes metadata of a namespace; null removes a key.',
      takes: { path, custom_metadata: metadata },
      async run(context, input) {
        const present = find(context, input.path)
        if (!present) throw new Fault('not-found', [])
        const merged: Record<string, unknown> = { ...present.metadata, ...input.custom_metadata }
        for (const key of Object.keys(merged)) if (merged[key] === null) delete merged[key]
        return view(await core.namespaces.change(present.path, { metadata: strings(merged) }))
      },
    }),
    route({
      op: 'delete',
      path: 'namespaces/:path*',
      about: 'Removes a namespace and all that is in it; namespaces below it must be gone.',
      takes: { path },
      async run(context, input) {
        const found = find(context, input.path)
        if (!found || found.path === context.mount.namespace) return answer({ warnings: ['requested namespace does not exist'] })
        if (core.namespaces.below(found.path).length > 0) throw invalid(`unable to delete namespace containing child namespaces: ${input.path}`)
        await emptyNamespace(core, found)
        await core.namespaces.delete(found.path)
        await core.mounts.load()
        // OpenBao's clients want an answer that has a body.
        return { status: 'deleted' }
      },
    }),
  ]
}
