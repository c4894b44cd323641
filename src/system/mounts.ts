// Mounts of engines and auth methods: `sys/mounts`, `sys/auth`, `sys/remount`.
import { randomUUID } from 'node:crypto'
import type { Core } from '../core/core.ts'
import { overlayLockout } from '../core/lockout.ts'
import { type Mount, type MountConfig, type MountRecord, emptyConfig } from '../core/mounts.ts'
import { Fault, invalid } from '../kit/errors.ts'
import { type Fields, type Values, any, boolean, list, map, object, text } from '../kit/field.ts'
import { parseDuration } from '../kit/duration.ts'
import { type Context, type Route, route } from '../kit/route.ts'
import { version } from '../version.ts'

type Class = MountRecord['class']

const configFields = {
  default_lease_ttl: any({ about: 'Lifetime of leases where the engine says none; "system" follows the server.' }),
  max_lease_ttl: any({ about: 'Longest lifetime of leases; "system" follows the server.' }),
  force_no_cache: boolean({ about: 'Accepted for compatibility.' }),
  audit_non_hmac_request_keys: list({ about: 'Keys of requests whose values audit shows in clear.' }),
  audit_non_hmac_response_keys: list({ about: 'Keys of responses whose values audit shows in clear.' }),
  listing_visibility: text({ about: '"unauth" shows the mount to callers without a token.' }),
  passthrough_request_headers: list({ about: 'Request headers that the engine may see.' }),
  allowed_response_headers: list({ about: 'Response headers that the engine may set.' }),
  token_type: text({ about: 'service, batch, default-service or default-batch.' }),
  user_lockout_config: object({ about: 'lockout_threshold, lockout_duration, lockout_counter_reset, lockout_disable.' }),
} satisfies Fields

/** What is kept as it is given, and shown unless it is empty. */
const kept = {
  audit_non_hmac_request_keys: 'auditNonHmacRequestKeys',
  audit_non_hmac_response_keys: 'auditNonHmacResponseKeys',
  listing_visibility: 'listingVisibility',
  passthrough_request_headers: 'passthroughRequestHeaders',
  allowed_response_headers: 'allowedResponseHeaders',
} as const
type KeptName = (typeof kept)[keyof typeof kept]
const keptEntries = Object.entries(kept) as [keyof typeof kept, KeptName][]

const seconds = (raw: unknown, name: string, present: number): number => {
  if (raw === undefined || raw === '') return present
  if (raw === 'system') return 0
  const value = parseDuration(raw, name)
  if (value < 0) throw invalid(`${name} cannot be negative`)
  return value
}

/** Types that every namespace has once. */
const unmountable = ['cubbyhole', 'identity', 'system', 'token']
const tokenTypes = ['service', 'batch', 'default-service', 'default-batch']

function changedConfig(core: Core, present: MountConfig, input: Partial<Values<typeof configFields>>): MountConfig {
  const config: MountConfig = {
    defaultLeaseTtl: seconds(input.default_lease_ttl, 'default_lease_ttl', present.defaultLeaseTtl),
    maxLeaseTtl: seconds(input.max_lease_ttl, 'max_lease_ttl', present.maxLeaseTtl),
    forceNoCache: input.force_no_cache ?? present.forceNoCache,
    ...(Object.fromEntries(keptEntries.map(([wire, name]) => [name, input[wire] ?? present[name]])) as Pick<MountConfig, KeptName>),
    tokenType: input.token_type ?? present.tokenType,
    ...((input.user_lockout_config ?? present.userLockout) && { userLockout: { ...present.userLockout, ...input.user_lockout_config } }),
  }
  if (!['', 'unauth', 'hidden'].includes(config.listingVisibility)) throw invalid(`invalid listing_visibility ${config.listingVisibility}: use "unauth" or "hidden"`)
  if (!tokenTypes.includes(config.tokenType)) throw invalid(`invalid value for 'token_type': use one of ${tokenTypes.join(', ')}`)
  const { defaultLeaseTtl, maxLeaseTtl } = config
  if (maxLeaseTtl > 0 && defaultLeaseTtl > maxLeaseTtl) throw invalid(`backend max lease TTL of ${maxLeaseTtl} would be less than backend default lease TTL of ${defaultLeaseTtl}`)
  if (defaultLeaseTtl > (maxLeaseTtl || core.defaults.maxTtl)) throw invalid(`given default lease TTL greater than system max lease TTL of ${core.defaults.maxTtl}`)
  return config
}

/** A mount's own lockout settings under the names of Vault's answers; one that it does not have is 0. */
const lockoutView = (raw: Record<string, unknown>): Record<string, unknown> => {
  const { threshold, duration, reset, disabled } = overlayLockout({ threshold: 0, duration: 0, reset: 0, disabled: false }, raw)
  return { user_lockout_threshold: threshold, user_lockout_duration: duration, user_lockout_counter_reset_duration: reset, user_lockout_disable: disabled }
}

const configView = (mount: Mount, raw: boolean): Record<string, unknown> => {
  const { config } = mount.record
  return {
    default_lease_ttl: raw ? config.defaultLeaseTtl : mount.info.defaultTtl,
    max_lease_ttl: raw ? config.maxLeaseTtl : mount.info.maxTtl,
    force_no_cache: config.forceNoCache,
    ...Object.fromEntries(keptEntries.filter(([, name]) => config[name].length > 0).map(([wire, name]) => [wire, config[name]])),
    ...(mount.record.class === 'auth' && { token_type: config.tokenType }),
    ...(config.userLockout && (raw ? { user_lockout_config: lockoutView(config.userLockout) } : lockoutView(config.userLockout))),
  }
}

/** What `sys/mounts` and `sys/internal/ui/mounts` show of a mount. */
export const mountView = (mount: Mount): Record<string, unknown> => ({
  accessor: mount.record.accessor,
  config: configView(mount, true),
  deprecation_status: 'supported',
  description: mount.record.description,
  external_entropy_access: mount.record.externalEntropyAccess,
  local: mount.record.local,
  options: Object.keys(mount.record.options).length > 0 ? mount.record.options : null,
  plugin_version: '',
  running_plugin_version: `v${version}+builtin`,
  running_sha256: '',
  seal_wrap: mount.record.sealWrap,
  type: mount.record.type,
  uuid: mount.record.uuid,
})

const shownPath = (mount: Mount): string => (mount.record.class === 'auth' ? mount.record.path.slice('auth/'.length) : mount.record.path)
const storedPath = (kind: Class, path: string): string => `${kind === 'auth' ? 'auth/' : ''}${path.replace(/^\/+|\/+$/g, '')}/`

function find(core: Core, context: Context, kind: Class, path: string): Mount | undefined {
  return core.mounts.at(context.mount.namespace + storedPath(kind, path))
}

function required(core: Core, context: Context, wanted: Class, given: string, missing?: (path: string) => string): Mount {
  // Vault's own command line tunes an auth method through `sys/mounts/auth/…`.
  const kind = given.startsWith('auth/') ? 'auth' : wanted
  const path = kind === wanted ? given : given.slice('auth/'.length)
  const mount = find(core, context, kind, path)
  if ((!mount || mount.record.class !== kind) && missing) throw invalid(missing(storedPath(kind, path)))
  if (!mount || mount.record.class !== kind) throw invalid(kind === 'auth' ? `No auth engine at ${path.replace(/\/$/, '')}/` : `No secret engine mount at ${path.replace(/\/$/, '')}/`)
  return mount
}

/** Ends everything that hangs on a mount, then forgets it. */
export async function unmount(core: Core, mount: Mount): Promise<void> {
  await core.leases.revokePrefix(mount.namespace.id, mount.record.path, true)
  if (mount.record.class === 'auth') await core.revokeLoginsOf(mount)
  await core.mounts.delete(mount)
  await core.quotas.move(mount.fullPath, null)
  const store = core.storeOf(mount)
  for (let keys = await store.keys('', { limit: 500 }); keys.length > 0; keys = await store.keys('', { limit: 500 })) {
    const batch = keys
    await store.update((tx) => batch.forEach((key) => tx.delete(key)))
  }
}

function mountOptions(input: { type: string; options?: Record<string, string> | undefined }): { type: string; options: Record<string, string> } {
  const legacy = /^kv-v([12])$/.exec(input.type)
  const type = legacy ? 'kv' : input.type === 'generic' ? 'kv' : input.type
  const options = { ...input.options, ...(legacy && { version: legacy[1]! }) }
  return { type, options: type === 'kv' ? { version: '1', ...options } : options }
}

function routesOfClass(core: Core, kind: Class, base: string): Route[] {
  const path = text({ about: 'Where the mount is.', default: '' })
  const noun = kind === 'auth' ? 'auth method' : 'secrets engine'
  return [
    route({
      op: 'read',
      path: base,
      about: `Lists the ${noun}s of the namespace.`,
      takes: {},
      run: (context) => Object.fromEntries(core.mounts.of(context.mount.namespace, kind).map((mount) => [shownPath(mount), mountView(mount)])),
    }),
    route({
      op: 'read',
      path: `${base}/:path*`,
      about: `Reads a ${noun}, or with /tune its settings.`,
      access: kind === 'auth' ? 'sudo' : 'policy',
      takes: { path },
      run(context, input) {
        if (input.path.endsWith('/tune')) return tuneView(required(core, context, kind, input.path.slice(0, -'/tune'.length), (path) => `cannot fetch sysview for path "${path}"`))
        return mountView(required(core, context, kind, input.path))
      },
    }),
    route({
      op: 'write',
      path: `${base}/:path*`,
      about: `Enables a ${noun}, or with /tune changes its settings.`,
      access: kind === 'auth' ? 'sudo' : 'policy',
      takes: {
        path,
        type: text({ about: `Type of the ${noun}.` }),
        description: text({ about: 'For people.' }),
        config: object({ about: 'Settings, as tune takes them.', default: {} }),
        options: map({ about: 'Options of the type, such as version for kv.' }),
        local: boolean({ about: 'Accepted for compatibility.', default: false }),
        seal_wrap: boolean({ about: 'Accepted for compatibility.', default: false }),
        external_entropy_access: boolean({ about: 'Accepted for compatibility.', default: false }),
        plugin_name: text({ about: 'Type of the plugin where `type` is "plugin".' }),
        ...configFields,
      },
      async run(context, input) {
        if (input.path.endsWith('/tune')) return tune(core, required(core, context, kind, input.path.slice(0, -'/tune'.length), (path) => `tune of path "${path}" failed: no mount entry found`), input)
        const type = input.type === 'plugin' ? input.plugin_name : input.type
        if (!type) throw invalid(`backend type must be specified as a string`)
        if (kind === 'auth' && type === 'token') throw invalid('token credential backend cannot be instantiated')
        if (kind === 'secret' && unmountable.includes(type)) throw invalid(`mount type of "${type}" is not mountable`)
        if (input.path === '') throw new Fault('unsupported')
        await core.mounts.create(core.namespaces.at(context.mount.namespace)!, {
          class: kind,
          path: storedPath(kind, input.path),
          ...mountOptions({ type, options: input.options }),
          description: input.description ?? '',
          local: input.local,
          sealWrap: input.seal_wrap,
          externalEntropyAccess: input.external_entropy_access,
          config: changedConfig(core, emptyConfig(), parseConfig(input.config)),
        })
      },
    }),
    route({
      op: 'delete',
      path: `${base}/:path*`,
      about: `Disables a ${noun} and everything below it.`,
      access: kind === 'auth' ? 'sudo' : 'policy',
      takes: { path },
      async run(context, input) {
        const mount = find(core, context, kind, input.path)
        if (mount && mount.record.class === kind) await unmount(core, mount)
      },
    }),
  ]
}

const parseConfig = (raw: Record<string, unknown>): Partial<Values<typeof configFields>> => {
  const parsed: Record<string, unknown> = {}
  for (const [name, value] of Object.entries(raw)) {
    const declared = configFields[name as keyof typeof configFields]
    if (declared && value !== null) parsed[name] = declared.parse(value, name)
  }
  return parsed as Partial<Values<typeof configFields>>
}

const tuneView = (mount: Mount): Record<string, unknown> => ({
  ...configView(mount, false),
  description: mount.record.description,
  ...(Object.keys(mount.record.options).length > 0 && { options: mount.record.options }),
})

async function tune(core: Core, mount: Mount, input: Partial<Values<typeof configFields>> & { description?: string | undefined; options?: Record<string, string> | undefined }): Promise<void> {
  const { type, path, class: kind } = mount.record
  if (input.token_type !== undefined && kind !== 'auth') throw invalid("'token_type' can only be modified on auth mounts")
  if (input.token_type !== undefined && type === 'token') throw invalid("'token_type' cannot be set for 'token' or 'ns_token' auth mounts")
  for (const name of ['default_lease_ttl', 'max_lease_ttl'] as const) if (path === 'sys/' && input[name] !== undefined) throw invalid(`cannot tune parameter ${name} of sys/`)
  const options = { ...mount.record.options, ...input.options }
  if (type === 'kv' && mount.record.options.version === '2' && options.version === '1') throw invalid('cannot downgrade mount from version 2')
  await core.mounts.change(mount, { config: changedConfig(core, mount.record.config, input), description: input.description ?? mount.record.description, options })
}

/** Moves that were asked for lately, by id; they are done when they are answered. */
const moves = new Map<string, { source_mount: string; target_mount: string; status: string }>()

export function mountRoutes(core: Core): Route[] {
  return [
    ...routesOfClass(core, 'secret', 'mounts'),
    ...routesOfClass(core, 'auth', 'auth'),
    route({
      op: 'write',
      path: 'remount',
      about: 'Moves a mount to another path; its data, accessor and settings go along, its leases are revoked.',
      access: 'sudo',
      takes: { from: text({ about: 'Present path.' }), to: text({ about: 'New path.' }) },
      async run(context, input) {
        if (!input.from || !input.to) throw invalid("both 'from' and 'to' path must be specified as a string")
        const [from, to] = [input.from, input.to].map((path) => `${path.replace(/^\/+|\/+$/g, '')}/`) as [string, string]
        const mount = core.mounts.at(context.mount.namespace + from)
        if (!mount) throw invalid(`no matching mount at "${from}"`)
        if (from.startsWith('auth/') !== to.startsWith('auth/')) throw invalid(`cannot remount to destination ${to}: a move between auth methods and secrets engines`)
        if (from === to) throw invalid(`path already in use at "${to}"`)
        await core.leases.revokePrefix(mount.namespace.id, mount.record.path, false)
        await core.mounts.change(mount, { path: to })
        await core.quotas.move(mount.fullPath, mount.namespace.path + to)
        const id = randomUUID()
        if (moves.size >= 1000) moves.clear()
        moves.set(id, { source_mount: from, target_mount: to, status: 'success' })
        return { migration_id: id }
      },
    }),
    route({
      op: 'read',
      path: 'remount/status/:migration_id',
      about: 'Says how a move went.',
      takes: { migration_id: text({ about: 'Id that the move gave.', required: true }) },
      run: (_context, input) => {
        const found = moves.get(input.migration_id)
        return found ? { migration_id: input.migration_id, migration_info: found } : null
      },
    }),
  ]
}
