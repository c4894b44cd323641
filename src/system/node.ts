// What the server says of itself: host, requests in flight, log level, versions, configuration, plugins, metrics, OpenAPI.
import { arch, cpus, freemem, hostname, loadavg, platform, release, totalmem, uptime } from 'node:os'
import type { Core } from '../core/core.ts'
import { routesOf } from '../core/mounts.ts'
import type { NodeFacts } from '../core/seal/node.ts'
import { openApi } from '../derive/openapi.ts'
import { answer, listing } from '../kit/answer.ts'
import { Fault, invalid } from '../kit/errors.ts'
import { boolean, choice, list, map, text } from '../kit/field.ts'
import { type Route, route } from '../kit/route.ts'
import { version } from '../version.ts'

/** What the process around the core lets its routes do. */
export interface NodeControls {
  logLevel(): string
  setLogLevel(level: string): void
  /** Reads certificates, log level and audit files anew. */
  reload(): Promise<void>
  /** The configuration without anything secret. */
  sanitizedConfig(): Record<string, unknown>
  inFlight(): { id: string; path: string; address: string; started: number }[]
}

interface Installed {
  /** ISO 8601. */
  installed: string
  previous: string | null
}

/** Notes, at the first unsealing by a version, that it runs on this store. */
export function recordVersion(core: Core, running: string): Promise<void> {
  return core.root.update(async (tx) => {
    const history = (await tx.read<Record<string, Installed>>('version-history')) ?? {}
    if (Object.hasOwn(history, running)) return
    const previous = Object.keys(history).sort((one, other) => history[one]!.installed.localeCompare(history[other]!.installed)).at(-1) ?? null
    tx.write('version-history', { ...history, [running]: { installed: new Date(core.now()).toISOString(), previous } satisfies Installed })
  })
}

const levels = ['trace', 'debug', 'info', 'warn', 'error'] as const

/** What concerns the process, its machine and everybody on it. */
export const nodeRoutes = (core: Core, facts: NodeFacts, controls: NodeControls): Route[] => [
  ...['', '/dr', '/performance'].map((kind) =>
    route({ op: 'read', path: `replication${kind}/status`, about: 'Tells monitors that nothing is replicated.', access: 'open', takes: {}, run: () => ({ mode: 'disabled' }) }),
  ),
  route({
    op: 'read',
    path: 'host-info',
    about: 'Tells about the machine.',
    access: 'sudo',
    takes: {},
    run: () => ({
      timestamp: new Date().toISOString(),
      cpu: cpus().map((cpu, index) => ({ cpu: index, modelName: cpu.model, mhz: cpu.speed })),
      cpu_times: cpus().map((cpu, index) => ({ cpu: `cpu${index}`, user: cpu.times.user / 1000, system: cpu.times.sys / 1000, idle: cpu.times.idle / 1000 })),
      disk: null,
      host: { hostname: hostname(), uptime: Math.trunc(uptime()), os: platform(), platform: platform(), kernelVersion: release(), kernelArch: arch(), loadavg: loadavg() },
      memory: { total: totalmem(), available: freemem(), used: totalmem() - freemem() },
    }),
  }),
  route({
    op: 'read',
    path: 'in-flight-req',
    about: 'Lists the requests that are being answered.',
    access: 'sudo',
    takes: {},
    run: () => Object.fromEntries(controls.inFlight().map((one) => [one.id, { start_time: new Date(one.started).toISOString(), client_remote_address: one.address, request_path: one.path, request_method: '', client_id: '' }])),
  }),
  route({ op: 'read', path: 'loggers', about: 'Reads the log level.', takes: {}, run: () => ({ core: controls.logLevel() }) }),
  route({ op: 'read', path: 'loggers/:name', about: 'Reads the log level.', takes: { name: text({ about: 'Name of the logger; there is one, "core".', required: true }) }, run: (_context, input) => ({ [input.name]: controls.logLevel() }) }),
  ...['loggers', 'loggers/:name'].flatMap((path) => {
    const name = path === 'loggers' ? {} : { name: text({ about: 'Name of the logger; there is one, "core".', required: true }) }
    return [
      route({ op: 'write', path, about: 'Sets the log level until the server restarts.', takes: { ...name, level: choice(levels)({ about: 'The least important messages logged.', required: true }) }, run: (_context, input) => controls.setLogLevel(input.level) }),
      route({ op: 'delete', path, about: 'Sets the log level back to the configuration.', takes: name, run: () => controls.setLogLevel('') }),
    ]
  }),
  route({ op: 'write', path: 'config/reload/:subsystem', about: 'Reads certificates and settings anew.', access: 'sudo', takes: { subsystem: text({ about: 'Accepted for compatibility: everything is reloaded.', required: true }) }, run: () => controls.reload() }),
  route({ op: 'read', path: 'config/state/sanitized', about: 'Reads the configuration without secrets.', takes: {}, run: () => controls.sanitizedConfig() }),
  ...corsRoutes(core),
  ...uiHeaderRoutes(core),
  route({
    op: 'list',
    path: 'version-history',
    about: 'Lists the versions that have run on this store.',
    access: 'sudo',
    takes: {},
    async run() {
      const history = (await core.root.read<Record<string, Installed>>('version-history')) ?? {}
      const keys = Object.keys(history)
      return listing(keys, Object.fromEntries(keys.map((key) => [key, { build_date: facts.buildDate, timestamp_installed: history[key]!.installed, previous_version: history[key]!.previous }])))
    },
  }),
]

/** What the mounts of a namespace can be, and what they are. */
export const catalogRoutes = (core: Core): Route[] => [
  ...pluginRoutes(core),
  route({
    op: 'read',
    path: 'internal/specs/openapi',
    about: 'Describes every path of this server.',
    access: 'open',
    takes: { generic_mount_paths: boolean({ about: 'Accepted for compatibility.', default: false }), context: text({ about: 'Accepted for compatibility.' }) },
    async run(context) {
      const token = context.presented === null ? null : await core.tokens.lookup(context.presented)
      const acl = token && (await core.gate.session(token)).acl
      const mounts = core.mounts.of(context.mount.namespace).filter((mount) => mount.builtin || (acl?.reaches(mount.fullPath) ?? false))
      const document = openApi(mounts.map((mount) => ({ mount: mount.record.path, type: mount.record.type, routes: routesOf(mount) })), version)
      return answer({ raw: { status: 200, contentType: 'application/json', body: JSON.stringify(document) } })
    },
  }),
]

interface Cors {
  enabled: boolean
  origins: string[]
  headers: string[]
}

const corsRoutes = (core: Core): Route[] => [
  route({
    op: 'read',
    path: 'config/cors',
    about: 'Reads which web origins may call the API.',
    access: 'sudo',
    takes: {},
    async run() {
      const cors = await core.root.read<Cors>('cors')
      return { enabled: cors?.enabled ?? false, ...(cors?.enabled && { allowed_origins: cors.origins, allowed_headers: cors.headers }) }
    },
  }),
  route({
    op: 'write',
    path: 'config/cors',
    about: 'Lets web origins call the API.',
    access: 'sudo',
    takes: { enable: boolean({ about: 'Whether CORS is on.', default: true }), allowed_origins: list({ about: 'Origins, or "*".', default: [] }), allowed_headers: list({ about: 'Headers beyond the usual.', default: [] }) },
    async run(_context, input) {
      if (input.enable && input.allowed_origins.length === 0) throw invalid('at least one origin or the wildcard must be provided')
      await core.root.write('cors', { enabled: input.enable, origins: input.allowed_origins, headers: input.allowed_headers } satisfies Cors)
    },
  }),
  route({ op: 'delete', path: 'config/cors', about: 'Lets no web origin call the API.', access: 'sudo', takes: {}, run: () => core.root.delete('cors') }),
]

const uiHeaderRoutes = (core: Core): Route[] => {
  const header = text({ about: 'Name of the header.', required: true })
  return [
    route({ op: 'list', path: 'config/ui/headers', about: 'Lists the headers that the UI sends.', access: 'sudo', takes: {}, run: async () => listing(await core.root.children('ui-header/', { limit: 1000 })) }),
    route({ op: 'read', path: 'config/ui/headers/:header', about: 'Reads a header of the UI.', access: 'sudo', takes: { header }, run: (_context, input) => core.root.read(`ui-header/${input.header.toLowerCase()}`) }),
    route({
      op: 'write',
      path: 'config/ui/headers/:header',
      about: 'Sets a header of the UI.',
      access: 'sudo',
      takes: { header, values: list({ about: 'Its values.', required: true }), multivalue: boolean({ about: 'Accepted for compatibility.', default: false }) },
      run(_context, input) {
        if (/^x-vault-/i.test(input.header)) throw new Fault('invalid', 'X-Vault headers cannot be set')
        return core.root.write(`ui-header/${input.header.toLowerCase()}`, { value: input.values[0], values: input.values })
      },
    }),
    route({ op: 'delete', path: 'config/ui/headers/:header', about: 'Removes a header of the UI.', access: 'sudo', takes: { header }, run: (_context, input) => core.root.delete(`ui-header/${input.header.toLowerCase()}`) }),
  ]
}

function pluginRoutes(core: Core): Route[] {
  const names = (type: string): string[] => {
    const { secret, auth } = core.mounts.plugins
    if (type === 'secret') return [...secret.keys()].sort()
    if (type === 'auth') return [...auth.keys(), 'token'].sort()
    if (type === 'database') return ['postgresql-database-plugin']
    throw invalid(`"${type}" is not a supported plugin type`)
  }
  const types = ['auth', 'database', 'secret']
  const builtin = (type: string, name: string): Record<string, unknown> => ({ builtin: true, deprecation_status: 'supported', name, type, version: `v${version}+builtin` })
  const type = text({ about: 'auth, database or secret.', required: true })
  const name = text({ about: 'Name of the plugin.', required: true })
  const refuse = (): never => {
    throw new Fault('unsupported', 'external plugins cannot be registered: engines are part of the server')
  }
  return [
    route({ op: 'read', path: 'plugins/catalog', about: 'Lists the plugins.', takes: {}, run: () => ({ ...Object.fromEntries(types.map((one) => [one, names(one)])), detailed: types.flatMap((one) => names(one).map((plugin) => builtin(one, plugin))) }) }),
    route({ op: 'list', path: 'plugins/catalog/:type', about: 'Lists the plugins of a type.', takes: { type }, run: (_context, input) => ({ keys: names(input.type) }) }),
    route({ op: 'read', path: 'plugins/catalog/:type/:name', about: 'Reads a plugin.', takes: { type, name }, run: (_context, input) => (names(input.type).includes(input.name) ? { ...builtin(input.type, input.name), args: [], command: '', sha256: '' } : null) }),
    route({ op: 'write', path: 'plugins/catalog/:type/:name', about: 'Refused: engines are part of the server.', access: 'sudo', takes: { type, name, options: map({ about: 'Ignored.' }) }, run: refuse }),
    route({ op: 'delete', path: 'plugins/catalog/:type/:name', about: 'Refused: engines are part of the server.', access: 'sudo', takes: { type, name }, run: refuse }),
    route({ op: 'write', path: 'plugins/reload/backend', about: 'Accepted: engines hold no state to reload.', access: 'sudo', takes: {}, run: () => ({ reload_id: '' }) }),
  ]
}
