// What exists under `-dev` alone: access keys that everybody knows, accounts made on demand, and a way to begin again.
import type { AccessKey } from '../core/access-keys.ts'
import { rootAccount } from '../core/access-keys.ts'
import type { Core } from '../core/core.ts'
import { Fault } from '../kit/errors.ts'
import { type Engine, type Route, route } from '../kit/route.ts'
import { mountDefaults } from './default-mounts.ts'
import { emptyNamespace } from './namespaces.ts'
import { unmount } from './mounts.ts'

const secret = 'test'
const mostKeys = 10_000

interface Virtual {
  key: AccessKey
  secret: string
}

/** Accepts `test` as administrator of the root account, and twelve digits as administrator of the account of that number. */
function acceptTestKeys(core: Core): { forget(): void } {
  let keys = new Map<string, Promise<Virtual>>()
  core.accessKeys.virtual = async (id) => {
    if (id !== 'test' && !/^\d{12}$/.test(id)) return null
    if (keys.size > mostKeys) keys = new Map()
    let found = keys.get(id)
    if (!found) {
      found = makeKey(core, id)
      keys.set(id, found)
      found.catch(() => keys.delete(id))
    }
    return found
  }
  return { forget: () => keys.clear() }
}

async function makeKey(core: Core, id: string): Promise<Virtual> {
  const name = id === 'test' || id === rootAccount ? '' : id
  const namespace = await core.namespaces.create('', name).catch((cause: unknown) => {
    if (name !== '') throw cause
    return core.namespaces.at('')!
  })
  if (name !== '') await mountDefaults(core, namespace)
  const key: AccessKey = { id, namespace: namespace.path, namespaceId: namespace.id, status: 'Active', createdAt: Math.trunc(core.now() / 1000), expiresAt: 0, policies: ['root'], entityId: '', principal: { kind: 'root' }, metadata: {}, noDefaultPolicy: true, administrator: true }
  return { key, secret }
}

/** What survives: the store's own records, which lie in no folder, audit devices, and what is emptied by other means. */
const kept = /^(?:[^/]*$|audit\/|token\/|mount\/)/

/** Accepts the test keys and gives the routes that only a development server has. */
export function developmentRoutes(core: Core): Route[] {
  const { forget } = acceptTestKeys(core)
  return [
    route({
      op: 'write',
      path: 'internal/reset',
      about: 'Empties everything but the root token.',
      access: 'sudo',
      takes: {},
      async run(context) {
        if (context.mount.namespace !== '') throw new Fault('no-route', 'unsupported path')
        for (const namespace of core.namespaces.below('').reverse()) {
          await emptyNamespace(core, namespace)
          await core.namespaces.delete(namespace.path)
        }
        for (const mount of core.mounts.of('')) if (!mount.builtin) await unmount(core, mount)
        await removeTokens(core)
        await removeRest(core)
        forget()
        core.sealed()
        await core.refresh()
        await mountDefaults(core, core.namespaces.at('')!)
      },
    }),
  ]
}

async function removeTokens(core: Core): Promise<void> {
  for (let after: string | undefined; ; ) {
    const accessors = await core.tokens.accessors('root', after === undefined ? { limit: 500 } : { after, limit: 500 })
    for (const accessor of accessors) {
      const token = await core.tokens.byAccessor(accessor)
      if (token && !(token.policies.includes('root') && token.parent === null && token.expiresAt === 0)) await core.revoke(token.key)
    }
    after = accessors.at(-1)
    if (accessors.length < 500) return
  }
}

async function removeRest(core: Core): Promise<void> {
  for (let after: string | undefined; ; ) {
    const keys = await core.root.keys('', after === undefined ? { limit: 500 } : { after, limit: 500 })
    const gone = keys.filter((key) => !kept.test(key))
    if (gone.length > 0) await core.root.update((tx) => gone.forEach((key) => tx.delete(key)))
    after = keys.at(-1)
    if (keys.length < 500) return
  }
}

/** The engine with further routes. */
export const withRoutes = (engine: Engine, more: Route[]): Engine => ({ ...engine, routes: [...engine.routes, ...more] })
