// strongroom kv metadata get, put, patch, delete
import type { Data } from '../../sdk/secret.ts'
import { command, flag } from '../command.ts'
import type { Call, FlagValues } from '../command.ts'
import { resolveKv } from '../kv-mount.ts'
import { heading, headingFor } from '../text.ts'
import { UsageError } from '../usage.ts'

const mount = flag.text('Path of the mount; the argument is then relative to it.')
const settings = {
  mount,
  'cas-required': flag.text('true: each write must name the version that it follows.', { words: ['true', 'false'] }),
  'custom-metadata': flag.map('A note on the secret, key=value; may be repeated.'),
  'delete-version-after': flag.text('Age at which versions are deleted, such as 720h.'),
  'max-versions': flag.integer('Versions to keep; 0: as the mount says.'),
}

async function pathOf(client: Call['client'], path: string, mounted: string | undefined): Promise<string> {
  const at = await resolveKv(client, path, mounted)
  if (at.version !== 2) throw new UsageError('Metadata not supported on KV Version 1')
  return at.at('metadata')
}

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

const patchSettings = { ...settings, 'remove-custom-metadata': flag.list('Key of a note to remove; may be repeated.') }
const doing = ([path]: string[]): string => `at ${path}`

export const commands = [
  command({
    name: 'kv metadata get',
    about: 'Retrieves key metadata from the KV store',
    takes: 'PATH',
    arity: [1, 1],
    flags: { mount },
    doing,
    async run({ args, flags, out, client }) {
      const path = await pathOf(client, args[0]!, flags.mount)
      const secret = await client.read(path)
      if (secret === null) return out.fail(`No value found at ${path}`)
      if (out.field !== undefined || !out.isTable) return out.secret(secret)
      const { versions, ...rest } = secret.data as Data & { versions?: Record<string, Data> }
      out.line(heading('Metadata Path', path.length))
      out.line(path)
      out.line()
      out.line(headingFor('Metadata', rest))
      await out.data(rest)
      for (const number of Object.keys(versions ?? {}).sort((a, b) => Number(a) - Number(b))) {
        out.line()
        out.line(headingFor(`Version ${number}`, versions![number]!))
        await out.data(versions![number]!)
      }
      return 0
    },
  }),
  command({
    name: 'kv metadata put',
    about: 'Sets or updates key settings in the KV store',
    takes: 'PATH',
    arity: [1, 1],
    flags: settings,
    doing,
    async run({ args, flags, out, client }) {
      const path = await pathOf(client, args[0]!, flags.mount)
      const secret = await client.write(path, bodyOf(flags))
      return secret === null ? out.done(`Success! Data written to: ${path}`) : out.secret(secret)
    },
  }),
  command({
    name: 'kv metadata patch',
    about: 'Patches key settings in the KV store',
    takes: 'PATH',
    arity: [1, 1],
    flags: patchSettings,
    doing,
    async run({ args, flags, out, client }) {
      const path = await pathOf(client, args[0]!, flags.mount)
      const removed = Object.fromEntries(flags['remove-custom-metadata'].map((key) => [key, null]))
      const body = bodyOf(flags)
      if (Object.keys(removed).length > 0) body.custom_metadata = { ...flags['custom-metadata'], ...removed }
      const secret = await client.patch(path, body)
      return secret === null ? out.done(`Success! Data written to: ${path}`) : out.secret(secret)
    },
  }),
  command({
    name: 'kv metadata delete',
    about: 'Deletes all versions and metadata for a key in the KV store',
    takes: 'PATH',
    arity: [1, 1],
    flags: { mount },
    doing,
    async run({ args, flags, out, client }) {
      const path = await pathOf(client, args[0]!, flags.mount)
      await client.delete(path)
      return out.done(`Success! Data deleted (if it existed) at: ${path}`)
    },
  }),
]
