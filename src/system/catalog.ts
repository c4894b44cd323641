// `sys/plugins/*` and `sys/internal/specs/openapi`: which engines there are, and what can be asked of the mounts.
import { randomUUID } from 'node:crypto'
import type { Core } from '../core/core.ts'
import { routesOf } from '../core/mounts.ts'
import { openApi } from '../derive/openapi.ts'
import { answer } from '../kit/answer.ts'
import { Fault, invalid } from '../kit/errors.ts'
import { boolean, list, text } from '../kit/field.ts'
import { pageFields, takePage } from '../kit/page.ts'
import { type Route, route } from '../kit/route.ts'
import { version } from '../version.ts'
import { aclOf } from './session.ts'

/** What the mounts of a namespace can be, and what they are. */
export const catalogRoutes = (core: Core): Route[] => [
  ...pluginRoutes(core),
  ...(['read', 'write'] as const).map((op) => route({
    op,
    path: 'internal/specs/openapi',
    about: 'Describes every path of this server.',
    access: 'open',
    takes: {
      generic_mount_paths: boolean({ about: 'Accepted for compatibility.', default: false }),
      context: text({ about: 'Accepted for compatibility.' }),
    },
    async run(context) {
      const acl = await aclOf(core, context)
      const mounts = core.mounts.of(context.mount.namespace).filter((mount) => mount.builtin || (acl?.reaches(mount.fullPath) ?? false))
      const document = openApi(mounts.map((mount) => ({ mount: mount.record.path, type: mount.record.type, routes: routesOf(mount) })), version)
      return answer({ raw: { status: 200, contentType: 'application/json', body: JSON.stringify(document) } })
    },
  })),
]

/** External plugins do not exist: what is asked of them is answered or refused in words. */
function pluginRoutes(core: Core): Route[] {
  const names = (kind: string): string[] => {
    const { secret, auth } = core.mounts.plugins
    if (kind === 'secret') return [...secret.keys()].sort()
    if (kind === 'auth') return [...auth.keys(), 'token'].sort()
    if (kind === 'database') return ['postgresql-database-plugin']
    throw invalid(`"${kind}" is not a supported plugin type`)
  }
  const refuse = (): never => {
    throw new Fault('unsupported', 'external plugins cannot be registered: engines are part of the server')
  }
  const place = 'plugins/catalog/:type/:name'
  return [
    route({
      op: 'read',
      path: 'plugins/catalog',
      about: 'Lists the plugins.',
      takes: {},
      run: () => ({ ...Object.fromEntries(kinds.map((kind) => [kind, names(kind)])), detailed: kinds.flatMap((kind) => names(kind).map((plugin) => builtin(kind, plugin))) }),
    }),
    route({
      op: 'list',
      path: 'plugins/catalog/:type',
      about: 'Lists the plugins of a type.',
      takes: { ...pageFields, type },
      run: (_context, input) => ({ keys: takePage(names(input.type), input) }),
    }),
    route({
      op: 'read',
      path: place,
      about: 'Reads a plugin.',
      takes: { type, name },
      run: (_context, input) => (names(input.type).includes(input.name) ? { ...builtin(input.type, input.name), args: [], command: '', sha256: '' } : null),
    }),
    route({
      op: 'read',
      path: 'plugins/catalog/:type',
      about: 'Reads a plugin by its name alone, as older clients do.',
      takes: { type: text({ about: 'Name of the plugin.', required: true }) },
      run(_context, input) {
        const kind = kinds.find((one) => names(one).includes(input.type))
        return kind ? { ...builtin(kind, input.type), args: [], command: '', sha256: '' } : null
      },
    }),
    route({ op: 'write', path: 'plugins/catalog/:type', about: 'Refused: engines are part of the server.', access: 'sudo', free: true, takes: { type: name }, run: refuse }),
    route({ op: 'delete', path: 'plugins/catalog/:type', about: 'Refused: engines are part of the server.', access: 'sudo', takes: { type: name }, run: refuse }),
    route({ op: 'write', path: place, about: 'Refused: engines are part of the server.', access: 'sudo', free: true, takes: { type, name }, run: refuse }),
    route({ op: 'delete', path: place, about: 'Refused: engines are part of the server.', access: 'sudo', takes: { type, name }, run: refuse }),
    route({
      op: 'write',
      path: 'plugins/reload/backend',
      about: 'Accepted: engines hold no state to reload.',
      access: 'sudo',
      takes: {
        plugin: text({ about: 'Name of the plugin.', default: '' }),
        mounts: list({ about: 'Paths of mounts.', default: [] }),
        scope: text({ about: 'Accepted for compatibility.' }),
      },
      run(context, input) {
        if (input.plugin === '' && input.mounts.length === 0) throw invalid('plugin or mounts must be provided')
        if (input.plugin !== '' && input.mounts.length > 0) throw invalid('plugin and mounts cannot be set at the same time')
        if (input.plugin !== '' && !kinds.some((kind) => names(kind).includes(input.plugin))) throw invalid(`plugin not found in the catalog: "${input.plugin}"`)
        for (const path of input.mounts) if (!core.mounts.at(`${context.mount.namespace}${path.replace(/\/+$/, '')}/`)) throw invalid(`cannot fetch mount entry on "${path}"`)
        return { reload_id: randomUUID() }
      },
    }),
  ]
}

const kinds = ['auth', 'database', 'secret']
const type = text({ about: 'auth, database or secret.', required: true })
const name = text({ about: 'Name of the plugin.', required: true })
const builtin = (kind: string, plugin: string): Record<string, unknown> => ({ builtin: true, deprecation_status: 'supported', name: plugin, type: kind, version: `v${version}+builtin` })
