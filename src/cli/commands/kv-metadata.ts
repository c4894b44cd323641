// strongroom kv metadata get, put, patch, delete
import type { Data, Secret } from '../../sdk/secret.ts'
import { command, flag } from '../command.ts'
import type { Call, FlagValues } from '../command.ts'
import { resolveKv } from '../kv-mount.ts'
import type { Output } from '../output.ts'
import { heading, headingFor } from '../text.ts'
import { UsageError } from '../usage.ts'

const mount = flag.text('Path of the mount; the argument is then relative to it.')
const settings = {
  'cas-required': flag.text('Each write must name the version that it follows; =false: it need not.', { bare: 'true', words: ['true', 'false'] }),
  'custom-metadata': flag.map('A note on the secret, key=value; may be repeated.'),
  'delete-version-after': flag.text('Age at which versions are deleted, such as 720h.'),
  'max-versions': flag.integer('Versions to keep; 0: as the mount says.'),
}
const patchSettings = { ...settings, 'remove-custom-metadata': flag.list('Key of a note to remove; may be repeated.') }

function bodyOf(flags: FlagValues<typeof settings>): Data {
  const cas = flags['cas-required']
  if (cas !== undefined && !['true', 'false'].includes(cas)) throw new UsageError('-cas-required: expected true or false')
  return {
    ...(cas !== undefined && { cas_required: cas === 'true' }),
    ...(flags['max-versions'] !== undefined && { max_versions: flags['max-versions'] }),
    ...(flags['delete-version-after'] !== undefined && { delete_version_after: flags['delete-version-after'] }),
    ...(Object.keys(flags['custom-metadata']).length > 0 && { custom_metadata: flags['custom-metadata'] }),
  }
}

function patchOf(flags: FlagValues<typeof patchSettings>): Data {
  const removed = flags['remove-custom-metadata'].map((key) => [key, null])
  return { ...bodyOf(flags), ...(removed.length > 0 && { custom_metadata: { ...flags['custom-metadata'], ...Object.fromEntries(removed) } }) }
}

async function show(out: Output, path: string, secret: Secret | null): Promise<number> {
  if (secret === null) return out.fail(`No value found at ${path}`)
  if (out.field !== undefined || !out.isTable) return out.secret(secret)
  const { versions = {}, ...rest } = secret.data as Data & { versions?: Record<string, Data> }
  out.line(heading('Metadata Path', path.length))
  out.line(path)
  const numbers = Object.keys(versions).sort((a, b) => Number(a) - Number(b))
  for (const [title, data] of [['Metadata', rest] as const, ...numbers.map((number) => [`Version ${number}`, versions[number]!] as const)]) {
    out.line()
    out.line(headingFor(title, data))
    await out.data(data)
  }
  return 0
}

const written = (out: Output, path: string, secret: Secret | null): number | Promise<number> =>
  secret === null ? out.done(`Success! Data written to: ${path}`) : out.secret(secret)

/** Where the API has the metadata of the secret that a call names. */
async function metadataOf({ args, flags, client }: Pick<Call<{ mount: typeof mount }>, 'args' | 'flags' | 'client'>): Promise<string> {
  const at = await resolveKv(client, args[0]!, flags.mount)
  if (at.version !== 2) throw new UsageError('Metadata not supported on KV Version 1')
  return at.at('metadata')
}

const onPath = { takes: 'PATH', arity: [1, 1] as const, doing: ([path]: string[]) => `at ${path}` }

export const commands = [
  command({
    ...onPath,
    name: 'kv metadata get',
    about: 'Retrieves key metadata from the KV store',
    flags: { mount },
    async run(call) {
      const path = await metadataOf(call)
      return show(call.out, path, await call.client.read(path))
    },
  }),
  command({
    ...onPath,
    name: 'kv metadata put',
    about: 'Sets or updates key settings in the KV store',
    flags: { mount, ...settings },
    async run(call) {
      const path = await metadataOf(call)
      return written(call.out, path, await call.client.write(path, bodyOf(call.flags)))
    },
  }),
  command({
    ...onPath,
    name: 'kv metadata patch',
    about: 'Patches key settings in the KV store',
    flags: { mount, ...patchSettings },
    async run(call) {
      const path = await metadataOf(call)
      return written(call.out, path, await call.client.patch(path, patchOf(call.flags)))
    },
  }),
  command({
    ...onPath,
    name: 'kv metadata delete',
    about: 'Deletes all versions and metadata for a key in the KV store',
    flags: { mount },
    async run(call) {
      const path = await metadataOf(call)
      await call.client.delete(path)
      return call.out.done(`Success! Data deleted (if it existed) at: ${path}`)
    },
  }),
]
