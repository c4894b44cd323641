// strongroom import vault, dotenv, json
import { Client } from '../api.ts'
import type { Data } from '../../sdk/secret.ts'
import { command, flag } from '../command.ts'
import type { Call } from '../command.ts'
import { flatten, importAll, parseDotenv, printReport } from '../import-plan.ts'
import type { Incoming } from '../import-plan.ts'
import { parseExact } from '../json.ts'
import { resolveKv } from '../kv-mount.ts'
import { readSource } from '../pairs.ts'
import { trimmed } from '../path.ts'
import { UsageError } from '../usage.ts'
import { wire } from '../wire.ts'

const manner = {
  'dry-run': flag.boolean('Write nothing: only say what would be done.'),
  overwrite: flag.boolean('Write over secrets that differ; otherwise they are kept.'),
}

/** Every secret of a KV mount or a folder of it, newest versions. */
async function* walk(source: Client, from: string, to: string): AsyncGenerator<Incoming> {
  const at = await resolveKv(source, from)
  const list = (path: string): string => (at.version === 2 ? `${at.mount}metadata/${path}` : `${at.mount}${path}`)
  const pending = [at.path === '' ? '' : `${at.path}/`]
  for (let folder = pending.pop(); folder !== undefined; folder = pending.pop()) {
    for (const key of ((await source.list(list(folder)))?.data?.keys ?? []) as string[]) {
      if (key.endsWith('/')) {
        pending.push(folder + key)
        continue
      }
      const path = folder + key
      const secret = await source.read(at.version === 2 ? `${at.mount}data/${path}` : `${at.mount}${path}`)
      const data = (at.version === 2 ? secret?.data?.data : secret?.data) as Data | null | undefined
      if (data) yield { path: `${to}/${path.slice(at.path === '' ? 0 : at.path.length + 1)}`, data }
    }
  }
}

/** Writes what comes, and says what was done or would be. */
async function bring({ flags, out, client }: Pick<Call<typeof manner>, 'flags' | 'out' | 'client'>, incoming: AsyncIterable<Incoming> | Iterable<Incoming>): Promise<number> {
  const how = { dryRun: flags['dry-run'], overwrite: flags.overwrite }
  return printReport(out, await importAll(client, incoming, how), how)
}

const vaultFlags = {
  ...manner,
  'from-address': flag.text('Address of the server to read from.'),
  'from-token-file': flag.text('File with a token for it; "-" is standard input.', { default: '-' }),
  'from-namespace': flag.text('Namespace to read from.'),
}

export const commands = [
  command({
    name: 'import vault',
    about: 'Copy the secrets of a KV mount from a Vault or OpenBao server',
    takes: 'FROM TO',
    arity: [2, 2],
    detail: 'FROM is a mount or a folder in one, TO where its secrets go. The newest versions are copied.',
    examples: [['See what would come', 'import vault -dry-run -from-address=https://vault:8200 secret/ secret/ < token']],
    flags: vaultFlags,
    doing: () => 'importing',
    async run(call) {
      const { args, flags, shell } = call
      if (flags['from-address'] === undefined) throw new UsageError('-from-address is needed')
      const token = (await readSource(flags['from-token-file'], shell)).trim()
      const source = new Client({ address: flags['from-address'], token, namespace: flags['from-namespace'], transport: wire(), parse: parseExact, retryWait: shell.retryWait })
      return bring(call, walk(source, trimmed(args[0]!), trimmed(args[1]!)))
    },
  }),
  command({
    name: 'import dotenv',
    about: 'Store the variables of a .env file as one secret',
    takes: 'FILE PATH',
    arity: [2, 2],
    examples: [['See what would come', 'import dotenv -dry-run .env secret/my-app']],
    flags: manner,
    doing: () => 'importing',
    async run(call) {
      const { args, shell } = call
      const data = parseDotenv(await readSource(args[0]!, shell))
      return bring(call, [{ path: trimmed(args[1]!), data }])
    },
  }),
  command({
    name: 'import json',
    about: 'Store a JSON file as secrets',
    takes: 'FILE PATH',
    arity: [2, 2],
    detail: 'An object whose values are objects is a folder; the other values of an object are one secret at its place.',
    flags: manner,
    doing: () => 'importing',
    async run(call) {
      const { args, shell } = call
      let tree: unknown
      try {
        tree = parseExact(await readSource(args[0]!, shell))
      } catch (error) {
        throw error instanceof UsageError ? error : new UsageError(`${args[0]} is not JSON`)
      }
      if (typeof tree !== 'object' || tree === null || Array.isArray(tree)) throw new UsageError(`${args[0]} is not a JSON object`)
      return bring(call, flatten(tree as Data, trimmed(args[1]!)))
    },
  }),
]
