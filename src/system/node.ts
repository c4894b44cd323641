// What the server says of itself: host, requests in flight, log level, versions, configuration.
import { arch, cpus, freemem, hostname, loadavg, platform, release, totalmem, uptime } from 'node:os'
import type { Core } from '../core/core.ts'
import type { NodeFacts } from '../core/seal/node.ts'
import { bare, listing } from '../kit/answer.ts'
import { choice, text } from '../kit/field.ts'
import { pageFields, takePage } from '../kit/page.ts'
import { type Route, route } from '../kit/route.ts'

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
    route({
      op: 'read',
      path: `replication${kind}/status`,
      about: 'Tells monitors that nothing is replicated.',
      access: 'open',
      takes: {},
      run: () => ({ mode: 'disabled' }),
    }),
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
    run: () => bare(Object.fromEntries(controls.inFlight().map(({ id, path, address, started }) => [
      id, { start_time: new Date(started).toISOString(), client_remote_address: address, request_path: path, request_method: '', client_id: '' },
    ]))),
  }),
  ...['loggers', 'loggers/:name'].flatMap((path) => loggerRoutes(path, controls)),
  route({
    op: 'write',
    path: 'config/reload/:subsystem',
    about: 'Reads certificates and settings anew.',
    access: 'sudo',
    takes: { subsystem: text({ about: 'Accepted for compatibility: everything is reloaded.', required: true }) },
    run: () => controls.reload(),
  }),
  route({ op: 'read', path: 'config/state/sanitized', about: 'Reads the configuration without secrets.', takes: {}, run: () => controls.sanitizedConfig() }),
  route({
    op: 'list',
    path: 'version-history',
    about: 'Lists the versions that have run on this store.',
    access: 'sudo',
    takes: pageFields,
    async run(_context, input) {
      const history = (await core.root.read<Record<string, Installed>>('version-history')) ?? {}
      const keys = takePage(Object.keys(history), input)
      const info = (key: string) => ({ build_date: facts.buildDate, timestamp_installed: history[key]!.installed, previous_version: history[key]!.previous })
      return listing(keys, Object.fromEntries(keys.map((key) => [key, info(key)])))
    },
  }),
]

/** There is one logger: `loggers` and any name below it mean the same. */
function loggerRoutes(path: string, controls: NodeControls): Route[] {
  const named = path === 'loggers' ? {} : { name: text({ about: 'Name of the logger; there is one, "core".', required: true }) }
  return [
    route({
      op: 'read',
      path,
      about: 'Reads the log level.',
      takes: named,
      run: (_context, input) => ({ [(input as { name?: string }).name ?? 'core']: controls.logLevel() }),
    }),
    route({
      op: 'write',
      path,
      about: 'Sets the log level until the server restarts.',
      takes: { ...named, level: choice(levels)({ about: 'The least important messages logged.', required: true }) },
      run: (_context, input) => controls.setLogLevel(input.level),
    }),
    route({ op: 'delete', path, about: 'Sets the log level back to the configuration.', takes: named, run: () => controls.setLogLevel('') }),
  ]
}
