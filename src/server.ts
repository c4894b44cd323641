// Puts a server together: the only file that sees every plugin.
import { hostname } from 'node:os'
import { auditTypes } from './audit/index.ts'
import { authMethods } from './auth/index.ts'
import { Barrier } from './barrier/barrier.ts'
import { type Config, environment } from './config.ts'
import { AuditBroker } from './core/audit/broker.ts'
import { Core } from './core/core.ts'
import { type Plugins, routesOf } from './core/mounts.ts'
import { treeOf } from './core/route-tree.ts'
import { SealKeeper } from './core/seal/keeper.ts'
import type { NodeFacts } from './core/seal/node.ts'
import { openApi } from './derive/openapi.ts'
import { pathHelp } from './derive/path-help.ts'
import { awsDialect } from './dialects/aws/index.ts'
import { takesUpload } from './dialects/vault/decode.ts'
import { answerVault } from './dialects/vault/index.ts'
import { engines } from './engines/index.ts'
import { InFlight } from './http/in-flight.ts'
import { type Listening, type Request, type Response, listen } from './http/listener.ts'
import { invalid } from './kit/errors.ts'
import type { AutoSeal } from './kit/seal.ts'
import type { Storage } from './kit/storage.ts'
import { type Log, describeError, levelOf } from './log.ts'
import { sealTypes } from './seals/index.ts'
import { runSchedule } from './snapshot/schedule.ts'
import { Snapshots } from './snapshot/snapshots.ts'
import { storageTypes } from './storage/index.ts'
import { awsAuth } from './system/aws/index.ts'
import { cubbyholeEngine } from './system/cubbyhole.ts'
import { identityEngine } from './system/identity/index.ts'
import { developmentRoutes, withRoutes } from './system/development.ts'
import { eventWork } from './system/events/delivery.ts'
import { systemEngine } from './system/index.ts'
import { type NodeControls, recordVersion } from './system/node.ts'
import { Observation } from './telemetry/controls.ts'
import type { Sample } from './telemetry/metrics.ts'
import { Telemetry } from './telemetry/telemetry.ts'
import { tokenEngine } from './system/token.ts'
import { apiVersion, buildDate, version } from './version.ts'
import { Housekeeping, type Job } from './housekeeping.ts'

export interface Server {
  config: Config
  core: Core
  keeper: SealKeeper
  listening: Listening[]
  observe: Observation
  answer(request: Request): Promise<Response>
  /** Reads certificates anew and opens audit files again. */
  reload(): Promise<void>
  /** Stops accepting, lets requests end, closes audit and storage. */
  stop(): Promise<void>
}

/** What a server needs to know of the others over the same store (`workers.ts`). */
export interface Peers {
  reusePort?: boolean
  /** Accepts the access keys that everybody knows, and can be emptied: for trying things alone. */
  development?: boolean
  /** Told the root key when this process unseals, null when it seals. */
  sealChanged?(rootKey: Buffer | null): void
  /** What the other processes over this store counted. */
  gather?: (() => Promise<Sample[][]>) | undefined
  /** Answers requests that another process must answer; null for all others. */
  handOver?(request: Request): Promise<Response> | null
}

/** Opens the storage, unseals where the seal can, and listens. */
export async function startServer(config: Config, log: Log, peers: Peers = {}): Promise<Server> {
  const telemetry = new Telemetry(config.telemetry.usage_gauge_period)
  const storage = telemetry.storage.watch(await openStorage(config))
  const server = await assemble(config, storage, telemetry, log, peers)
  if (config.raw_storage_endpoint) log.write('warn', 'raw_storage_endpoint is on: sys/raw opens the whole store to whoever has sudo there')
  try {
    await server.keeper.openByItself()
    const answer = (request: Request): Promise<Response> => peers.handOver?.(request) ?? server.answer(request)
    for (const listener of config.listeners) {
      server.listening.push(await listen(listener, listener.unauthenticated_metrics_access ? openMetrics(server, answer) : answer, { failed: (cause) => log.write('error', 'a request failed', describeError(cause)), streams: takesUpload }, { reusePort: peers.reusePort ?? false }))
    }
  } catch (cause) {
    await server.stop()
    throw cause
  }
  return server
}

/** Where the listener says so, metrics are answered to anybody, sealed or not: they hold nothing secret. */
const openMetrics = (server: Server, answer: (request: Request) => Promise<Response>) => async (request: Request): Promise<Response> => {
  if (request.method !== 'GET' || !/^\/v1\/sys\/metrics(?:\?|$)/.test(request.url)) return answer(request)
  return { status: 200, ...(await server.observe.metrics(/[?&]format=prometheus(?:&|$)/.test(request.url) ? 'prometheus' : 'json')) }
}

/** Throws `invalid` for a type that is not known. */
export async function openStorage(config: Config): Promise<Storage> {
  const type = storageTypes.find((one) => one.type === config.storage.type)
  if (!type) throw invalid(`storage "${config.storage.type}" is not known: use ${storageTypes.map((one) => one.type).join(', ')}`)
  return type.open(config.storage.options)
}

/** The automatic seal of the configuration, or the one that is being left; null: Shamir's. */
export async function openSeal(config: Config, disabled: boolean): Promise<AutoSeal | null> {
  const block = config.seals.find((one) => one.disabled === disabled)
  if (!block) return null
  const types = sealTypes(environment.all())
  const type = types.find((one) => one.type === block.type)
  if (!type) throw invalid(`seal "${block.type}" is not known: use shamir, ${types.map((one) => one.type).join(', ')}`)
  return type.open(block.options)
}

async function assemble(config: Config, storage: Storage, telemetry: Telemetry, log: Log, peers: Peers): Promise<Server> {
  const barrier = new Barrier(storage)
  const state = { activeSince: null as string | null, cluster: null as { name: string; id: string } | null }
  const audit = new AuditBroker({
    view: barrier.view('core/audit/'),
    types: auditTypes,
    folder: config.audit_folder === '*' ? null : config.audit_folder,
    networks: config.audit_networks.includes('*') ? null : config.audit_networks,
    configured: Object.fromEntries(config.audit.map(({ path, type, options, description }) => [path, { type, options, description, local: false }])),
    warn: (message, cause) => log.write('error', message, describeError(cause)),
  })
  const apiAddress = (): string => config.api_addr ?? reachable(listening.map((one) => one.address))
  const auth = byType(authMethods)
  const plugins: Plugins = { secret: byType(engines), auth }
  const core = new Core({ storage, barrier, audit, plugins, defaults: { ttl: config.default_lease_ttl, maxTtl: config.max_lease_ttl } })
  auth.set('aws', awsAuth(core, { folder: peers.development ? '*' : (config.function_folder ?? null), path: environment.all().PATH ?? '', address: apiAddress }))
  const aws = awsDialect(core)
  const jobs: Job[] = []
  const housekeeping = new Housekeeping(core, (cause) => log.write('error', 'background work failed', describeError(cause)), jobs)
  const keeper = new SealKeeper({
    storage,
    barrier,
    seal: await openSeal(config, false),
    previous: await openSeal(config, true),
    opened: async () => {
      core.sealed()
      await audit.load()
      await core.refresh()
      state.cluster = { name: config.cluster_name, id: await core.clusterId() }
      await recordVersion(core, version)
      state.activeSince = new Date().toISOString()
      housekeeping.start()
      peers.sealChanged?.(barrier.rootKey())
      log.write('info', 'the store is unsealed')
    },
    closing: async () => {
      state.activeSince = null
      await housekeeping.stop()
      await audit.close()
      core.sealed()
      peers.sealChanged?.(null)
      log.write('info', 'the store is sealed')
    },
    mintRootToken: () => core.mintRootToken(),
  })
  const facts = factsOf(config, state, apiAddress)
  const snapshots = new Snapshots({ storage, barrier, keeper, storageType: config.storage.type, version: apiVersion })
  const schedule = config.snapshots
  if (schedule) jobs.push({ every: 30, run: () => runSchedule(schedule, () => snapshots.save(), core.now()) })
  jobs.push({ every: 1, run: eventWork(core) })
  const over = new AbortController()
  const listening: Listening[] = []
  const inFlight = new InFlight((milliseconds, status) => telemetry.answered(milliseconds, status))
  const observe = new Observation({ telemetry, core, log, settings: config.telemetry, version, inFlight: () => inFlight.size, others: peers.gather })
  const reload = async (): Promise<void> => {
    for (const one of listening) one.reload()
    await audit.reopen()
  }
  const controls: NodeControls = {
    logLevel: () => log.level,
    setLogLevel: (level) => void (log.level = levelOf(level) ?? config.log_level),
    reload,
    sanitizedConfig: () => sanitized(config),
    inFlight: () => inFlight.list(),
  }
  core.help = ({ mount, path }) => {
    const at = treeOf(routesOf(mount!)).at(path.replace(/\/$/, ''))
    return { help: pathHelp(path, at, routesOf(mount!)), see_also: null, openapi: openApi([{ mount: mount!.record.path, type: mount!.record.type, routes: at.length > 0 ? at : routesOf(mount!) }], version) }
  }
  const system = systemEngine({ core, keeper, facts, unauthenticated: config.enable_unauthenticated_access.length > 0, controls, snapshots, observe, allowed: { raw: config.raw_storage_endpoint, introspection: config.introspection_endpoint }, over: over.signal })
  core.mounts.install([
    { path: 'sys/', class: 'secret', engine: peers.development ? withRoutes(system, developmentRoutes(core)) : system },
    { path: 'cubbyhole/', class: 'secret', engine: cubbyholeEngine(core) },
    { path: 'identity/', class: 'secret', engine: identityEngine(core, apiAddress) },
    { path: 'auth/token/', class: 'auth', engine: tokenEngine(core) },
  ])
  core.report = (requestId, cause) => log.write('error', 'internal error', { request_id: requestId, ...describeError(cause) })
  return {
    config,
    core,
    keeper,
    listening,
    answer: (request) => inFlight.track(request, aws.claims(request) ? aws.answer(request) : answerVault(core, request)),
    reload,
    observe,
    async stop() {
      observe.end()
      over.abort()
      await Promise.all(listening.map((one) => one.close(5000)))
      await observe.close()
      await keeper.seal()
      barrier.close()
      await storage.close()
    },
  }
}

/** Where clients reach the first listener, if none is configured: a listener on every address is reached by the machine's name. */
const reachable = (addresses: readonly string[]): string => addresses.find((one) => !one.startsWith('/'))?.replace(/\/\/(?:0\.0\.0\.0|\[::\]):/, `//${hostname()}:`) ?? ''

const byType = <E extends { type: string }>(units: readonly E[]): Map<string, E> => new Map(units.map((unit) => [unit.type, unit]))

interface NodeState {
  activeSince: string | null
  cluster: { name: string; id: string } | null
}

function factsOf(config: Config, state: NodeState, apiAddress: () => string): NodeFacts {
  return {
    version: apiVersion,
    buildDate,
    storageType: config.storage.type,
    get apiAddress() {
      return apiAddress()
    },
    clusterAddress: '',
    haEnabled: config.storage.type === 'postgres',
    activeSince: () => state.activeSince,
    cluster: () => state.cluster,
    nodes: async () => [{ hostname: hostname(), apiAddress: apiAddress(), clusterAddress: '', active: state.activeSince !== null, version: apiVersion, lastEcho: null }],
  }
}

/** The configuration as `sys/config/state/sanitized` shows it: no connection strings, no keys. */
const sanitized = (config: Config): Record<string, unknown> => ({
  api_addr: config.api_addr ?? '',
  cluster_name: config.cluster_name,
  default_lease_ttl: config.default_lease_ttl,
  max_lease_ttl: config.max_lease_ttl,
  log_level: config.log_level,
  log_format: config.log_format,
  raw_storage_endpoint: config.raw_storage_endpoint,
  introspection_endpoint: config.introspection_endpoint,
  listeners: config.listeners.map(({ address, tls_disable }) => ({ type: address.startsWith('/') ? 'unix' : 'tcp', config: { address, tls_disable } })),
  seals: config.seals.map(({ type, disabled }) => ({ type, disabled })),
  storage: { type: config.storage.type, cluster_addr: '', redirect_addr: '', disable_clustering: true },
})
