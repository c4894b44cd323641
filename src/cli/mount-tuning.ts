// What `secrets` and `auth` share: flags that tune a mount, and how mounts are listed.
import type { Data } from '../sdk/secret.ts'
import { flag } from './command.ts'
import type { Call, FlagValues } from './command.ts'
import type { Output } from './output.ts'
import { show } from './text.ts'

export const tuneFlags = {
  description: flag.text('What the mount is for.'),
  'default-lease-ttl': flag.text('TTL of leases and tokens where nothing else says.'),
  'max-lease-ttl': flag.text('Longest TTL of leases and tokens.'),
  'audit-non-hmac-request-keys': flag.list('Field of requests that the audit log shows in clear; may be repeated.'),
  'audit-non-hmac-response-keys': flag.list('Field of answers that the audit log shows in clear; may be repeated.'),
  'listing-visibility': flag.text('unauth: shown to those who are not logged in.', { words: ['unauth', 'hidden'] }),
  'passthrough-request-headers': flag.list('Header of requests that the plugin sees; may be repeated.'),
  'allowed-response-headers': flag.list('Header that the plugin may set; may be repeated.'),
  'allowed-managed-keys': flag.list('Managed key that the mount may use; may be repeated.'),
  'delegated-auth-accessors': flag.list('', { hidden: true }),
  'identity-token-key': flag.text('', { hidden: true }),
  'token-type': flag.text('Type of tokens that a login gives.', { words: ['default-service', 'default-batch', 'service', 'batch'] }),
  options: flag.map('Option of the engine, key=value; may be repeated.'),
  'plugin-version': flag.text('', { hidden: true }),
  version: flag.integer('Version of the key-value store, 1 or 2.'),
}

/** The flags that were given, as the API names them. */
export function tuning(flags: FlagValues<typeof tuneFlags>): Data {
  const body: Data = {}
  for (const name of Object.keys(tuneFlags) as (keyof typeof tuneFlags)[]) {
    if (['description', 'options', 'version', 'plugin-version'].includes(name)) continue
    const value = flags[name]
    if (value !== undefined && !(Array.isArray(value) && value.length === 0)) body[name.replaceAll('-', '_')] = Array.isArray(value) ? value.flatMap((item) => String(item).split(',')) : value
  }
  return body
}

export function optionsOf(flags: FlagValues<typeof tuneFlags>): Record<string, string> | undefined {
  const options = { ...flags.options, ...(flags.version !== undefined && { version: String(flags.version) }) }
  return Object.keys(options).length > 0 ? options : undefined
}

/** The mounts themselves, without the envelope that `sys/mounts` repeats them in. */
export const mountsOf = (answer: Data | null): Record<string, Data> =>
  Object.fromEntries(Object.entries((answer?.data as Data | undefined) ?? answer ?? {}).filter(([path]) => path.endsWith('/'))) as Record<string, Data>

const ttl = (type: unknown, seconds: unknown): string => (type === 'system' || type === 'cubbyhole' ? 'n/a' : Number(seconds ?? 0) === 0 ? 'system' : String(Number(seconds)))

/** Moves a mount, and waits until the server says that it is done. `noun`: what is moved, in words. */
export async function moveMount({ out, client }: Pick<Call, 'out' | 'client'>, noun: string, from: string, to: string, folder = ''): Promise<number> {
  const started = await client.json<{ data?: { migration_id?: string } }>('POST', 'sys/remount', { body: { from: `${folder}${from}/`, to: `${folder}${to}/` } })
  const id = started?.data?.migration_id
  const what = `${noun} ${from}/ to ${to}/${id === undefined ? '' : `, with migration ID ${id}`}`
  out.done(`Started moving ${what}`)
  for (let look = 0; id !== undefined && look < 600; look++) {
    const info = (await client.read(`sys/remount/status/${id}`))?.data?.migration_info as Data | undefined
    if (info?.status === 'success') break
    if (info?.status === 'failure') return out.fail(`Failure! Error encountered moving ${what}`)
    await new Promise((done) => setTimeout(done, 200))
  }
  return out.done(`Success! Finished moving ${what}`)
}

/** `special`: the column that only mounts of this kind have, and the field that it shows. */
export async function listMounts(out: Output, mounts: Record<string, Data>, detailed: boolean, special: readonly [header: string, field: string]): Promise<number> {
  if (!out.isTable) return out.structured(mounts)
  const paths = Object.keys(mounts).sort()
  if (!detailed) {
    const methods = special[1] === 'token_type'
    const fields = ['type', 'accessor', 'description', ...(methods ? ['plugin_version'] : [])]
    out.rows(['Path', 'Type', 'Accessor', 'Description', ...(methods ? ['Version'] : [])], paths.map((path) => [path, ...fields.map((name) => show(mounts[path]![name] ?? ''))]))
    return 0
  }
  const header = ['Path', 'Plugin', 'Accessor', 'Default TTL', 'Max TTL', special[0], 'Replication', 'Seal Wrap', 'External Entropy Access', 'Options', 'Description', 'UUID', 'Version', 'Running Version', 'Running SHA256', 'Deprecation Status']
  const row = (path: string): string[] => {
    const mount = mounts[path]!
    const config = (mount.config ?? {}) as Data
    return [
      path,
      show(mount.type),
      show(mount.accessor),
      ttl(mount.type, config.default_lease_ttl),
      ttl(mount.type, config.max_lease_ttl),
      show(config[special[1]] ?? ''),
      mount.local ? 'local' : 'replicated',
      show(mount.seal_wrap ?? false),
      show(mount.external_entropy_access ?? false),
      show(mount.options ?? {}),
      show(mount.description ?? ''),
      ...['uuid', 'plugin_version', 'running_plugin_version', 'running_sha256', 'deprecation_status'].map((name) => show(mount[name] ?? '')),
    ]
  }
  out.rows(header, paths.map(row))
  return 0
}
