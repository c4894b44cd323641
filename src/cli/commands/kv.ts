// strongroom kv get, put, patch, list, delete, undelete, destroy, rollback, enable-versioning
import { ApiError, type Client } from '../api.ts'
import type { Data, Secret } from '../../sdk/secret.ts'
import { command, flag } from '../command.ts'
import type { Call } from '../command.ts'
import { resolveKv } from '../kv-mount.ts'
import type { KvPath } from '../kv-mount.ts'
import type { Output } from '../output.ts'
import { trimmed } from '../path.ts'
import { heading, headingFor } from '../text.ts'
import { UsageError } from '../usage.ts'

const mount = flag.text('Path of the mount; the argument is then relative to it.')
const cas = flag.integer('Write only where this is the present version; 0: where none is.')
const versions = flag.list('Versions, with commas between them or by repeating the flag.')
const doing = ([path]: string[]): string => `at ${path}`

function secondVersion(at: KvPath, verb: string): KvPath {
  if (at.version !== 2) throw new UsageError(`${verb} not supported on KV Version 1`)
  return at
}

async function printVersion(out: Output, path: string, secret: Secret | null): Promise<number> {
  if (secret === null) return out.done(`Success! Data written to: ${path}`)
  if (!out.isTable || out.field !== undefined || secret.wrap_info) return out.secret(secret)
  out.warnings(secret)
  printPath(out, path)
  out.line(headingFor('Metadata', secret.data ?? {}))
  return out.data(secret.data ?? {})
}

function printPath(out: Output, path: string): void {
  out.line(heading('Secret Path', path.length))
  out.line(path)
  out.line()
}

async function printSecret(out: Output, at: KvPath, path: string, secret: Secret): Promise<number> {
  const wrapped = Boolean(secret.wrap_info)
  if (out.field !== undefined && at.version === 2 && !wrapped) {
    const data = secret.data?.data as Data | null | undefined
    return data ? out.pick(data, out.field) : out.fail(`No data found at ${path}`)
  }
  if (out.field !== undefined || !out.isTable || wrapped) return out.secret(secret)
  out.warnings(secret)
  const data = (at.version === 2 ? secret.data?.data : secret.data) as Data | null | undefined
  if (at.version === 2) {
    printPath(out, path)
    const metadata = secret.data?.metadata as Data | null | undefined
    if (metadata) {
      out.line(headingFor('Metadata', metadata))
      await out.data(metadata)
      out.line()
    }
  }
  if (!data) return 0
  out.line(headingFor('Data', data))
  return out.data(data)
}

async function put({ args, flags, out, client, shell }: Call<{ mount: typeof mount; cas: typeof cas }>): Promise<number> {
  if (args.length < 2) throw new UsageError('Must supply data')
  const data = await (await import('../pairs.ts')).parsePairs(args.slice(1), shell)
  const at = await resolveKv(client, args[0]!, flags.mount)
  const options = flags.cas === undefined || flags.cas < 0 ? {} : { cas: flags.cas }
  const path = at.at('data')
  return printVersion(out, path, await client.write(path, at.version === 2 ? { data, options } : data))
}

/** The newest version, which must be there. */
async function newest(client: Client, path: string): Promise<{ data: Data; version: number }> {
  const secret = await client.read(path)
  const data = secret?.data?.data as Data | null | undefined
  if (!data) throw new UsageError(`No value found at ${path}`)
  return { data, version: Number((secret!.data!.metadata as Data).version) }
}

const patchFlags = {
  mount,
  cas,
  method: flag.text('patch sends a PATCH; rw reads and writes. Default: patch, then rw where the server refuses it.', { words: ['patch', 'rw'] }),
  'remove-data': flag.list('Key to remove; may be repeated.'),
}

async function patch({ args, flags, out, client, shell }: Call<typeof patchFlags>): Promise<number> {
  const removed = flags['remove-data'].flatMap((names) => names.split(','))
  if (args.length < 2 && removed.length === 0) throw new UsageError('Must supply data')
  if (flags.method !== undefined && !['patch', 'rw'].includes(flags.method)) throw new UsageError(`Unsupported method "${flags.method}": expected patch or rw`)
  const data = await (await import('../pairs.ts')).parsePairs(args.slice(1), shell)
  for (const key of removed) data[key] = null
  const at = await resolveKv(client, args[0]!, flags.mount)
  if (at.version !== 2) return out.fail('K/V engine mount must be version 2 for patch support')
  const path = at.at('data')
  const options = flags.cas === undefined || flags.cas < 0 ? {} : { cas: flags.cas }
  if (flags.method !== 'rw') {
    try {
      return await printVersion(out, path, await client.patch(path, { data, options }))
    } catch (error) {
      if (!(error instanceof ApiError)) throw error
      if (error.status === 404) return out.fail(`No value found at ${path}`)
      if (flags.method === 'patch' || ![403, 405].includes(error.status)) throw error
    }
  }
  const present = await newest(client, path)
  const merged = Object.fromEntries(Object.entries({ ...present.data, ...data }).filter(([, value]) => value !== null))
  return printVersion(out, path, await client.write(path, { data: merged, options: { cas: flags.cas ?? present.version } }))
}

const numbered = (given: readonly string[]): string[] => given.flatMap((text) => text.split(',')).map((text) => text.trim()).filter(Boolean)

/** undelete, destroy, and delete of versions: one request each. */
async function change(verb: 'delete' | 'undelete' | 'destroy', { args, flags, out, client }: Call<{ mount: typeof mount; versions: typeof versions }>): Promise<number> {
  const chosen = numbered(flags.versions)
  if (chosen.length === 0 && verb !== 'delete') throw new UsageError(`No versions provided, use the "-versions" flag to specify the version to ${verb}.`)
  const at = await resolveKv(client, args[0]!, flags.mount)
  if (verb !== 'delete') secondVersion(at, verb === 'destroy' ? 'Destroy' : 'Undelete')
  const versioned = chosen.length > 0 && at.version === 2
  const path = at.at(versioned ? verb : 'data')
  const secret = versioned ? await client.write(path, { versions: chosen }) : await client.delete(path)
  if (secret !== null && !out.isTable) return out.secret(secret)
  return out.done(verb === 'delete' ? `Success! Data deleted (if it existed) at: ${at.at('data')}` : `Success! Data written to: ${path}`)
}

const takes = 'PATH'

export const commands = [
  command({
    name: 'kv get',
    about: 'Retrieves data from the KV store',
    takes,
    arity: [1, 1],
    examples: [
      ['Read a secret', 'kv get secret/my-app'],
      ['Read one field', 'kv get -field=password secret/my-app'],
    ],
    flags: { mount, version: flag.integer('Version to read; default the newest.') },
    doing: ([path]) => `reading ${path}`,
    async run({ args, flags, out, client }) {
      const at = await resolveKv(client, args[0]!, flags.mount)
      if (flags.version) secondVersion(at, 'Versioning')
      const path = at.at('data')
      const secret = await client.read(path, flags.version ? { version: flags.version } : {})
      return secret === null ? out.fail(`No value found at ${path}`) : printSecret(out, at, path, secret)
    },
  }),
  command({
    name: 'kv put',
    about: 'Sets or updates data in the KV store',
    takes: 'PATH [DATA K=V...]',
    arity: [1, Infinity],
    examples: [
      ['Write a secret', 'kv put secret/my-app user=app password=@password.txt'],
      ['Write it only if there is none', 'kv put -cas=0 secret/my-app @data.json'],
    ],
    flags: { mount, cas },
    doing: ([path]) => `writing data to ${path}`,
    run: put,
  }),
  command({ name: 'kv patch', about: 'Sets or updates data in the KV store without overwriting the rest', takes: 'PATH [DATA K=V...]', arity: [1, Infinity], flags: patchFlags, doing: ([path]) => `writing data to ${path}`, run: patch }),
  command({
    name: 'kv list',
    about: 'List data or secrets',
    takes,
    arity: [0, 1],
    flags: { mount },
    doing: ([path]) => `listing ${path ?? ''}`,
    async run({ args, flags, out, client }) {
      if (args.length === 0 && flags.mount === undefined) throw new UsageError('Not enough arguments (expected 1, got 0)')
      const path = (await resolveKv(client, args[0] ?? '', flags.mount)).at('metadata')
      const secret = await client.list(path)
      if (secret?.wrap_info) return out.secret(secret)
      if (Array.isArray(secret?.data?.keys)) return out.list(secret)
      if (!out.isTable) await out.structured({})
      return out.isTable ? out.fail(`No value found at ${path}`) : 2
    },
  }),
  command({ name: 'kv delete', about: 'Deletes versions in the KV store', takes, arity: [1, 1], flags: { mount, versions }, doing, run: (call) => change('delete', call) }),
  command({ name: 'kv undelete', about: 'Undeletes versions in the KV store', takes, arity: [1, 1], flags: { mount, versions }, doing, run: (call) => change('undelete', call) }),
  command({ name: 'kv destroy', about: 'Permanently removes one or more versions in the KV store', takes, arity: [1, 1], flags: { mount, versions }, doing, run: (call) => change('destroy', call) }),
  command({
    name: 'kv rollback',
    about: 'Rolls back to a previous version of data',
    takes,
    arity: [1, 1],
    flags: { mount, version: flag.integer('Version whose data become the newest.') },
    doing,
    async run({ args, flags, out, client }) {
      if (!flags.version || flags.version < 1) throw new UsageError('Version flag must be specified')
      const path = secondVersion(await resolveKv(client, args[0]!, flags.mount), 'Rollback').at('data')
      const present = await client.read(path)
      if (present === null) return out.fail(`No value found at ${path}`)
      const old = (await client.read(path, { version: flags.version }))?.data?.data as Data | null | undefined
      if (!old) return out.fail(`Version ${flags.version} of ${path} is deleted, destroyed or was never there`)
      const { version } = present.data!.metadata as Data
      return out.secret(await client.write(path, { data: old, options: { cas: version } }))
    },
  }),
  command({
    name: 'kv enable-versioning',
    about: 'Turns on versioning for a KV store',
    takes: 'MOUNT',
    arity: [1, 1],
    doing,
    async run({ args, out, client }) {
      const path = trimmed(args[0]!)
      await client.write(`sys/mounts/${path}/tune`, { options: { version: '2' } })
      return out.done(`Success! Tuned the secrets engine at: ${path}/`)
    },
  }),
]
