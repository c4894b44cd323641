// strongroom operator init, unseal, seal, step-down, key-status, members
import type { Data } from '../../sdk/secret.ts'
import { command, flag } from '../command.ts'
import type { Call } from '../command.ts'
import { describe } from '../failure.ts'
import { pgpKeyOf, pgpKeysOf } from '../pgp.ts'
import { askShare } from '../question.ts'
import { printSeal } from '../seal.ts'
import type { SealStatus } from '../seal.ts'
import { show, wrapText } from '../text.ts'

interface InitAnswer {
  keys: string[]
  keys_base64: string[]
  recovery_keys?: string[] | null
  recovery_keys_base64?: string[] | null
  root_token: string
}

const initFlags = {
  status: flag.boolean('Say whether it is initialized: exit code 0 yes, 2 no, 1 an error.'),
  'key-shares': flag.integer('Shares that the root key is split into; default 5.', { aliases: ['n'] }),
  'key-threshold': flag.integer('Shares that are needed to unseal; default 3.', { aliases: ['t'] }),
  'recovery-shares': flag.integer('Recovery shares, where the seal opens by itself; default 5.'),
  'recovery-threshold': flag.integer('Recovery shares that are needed; default 3.'),
  'pgp-keys': flag.list('File with the PGP key that a share is encrypted to; one for each share, parted by commas.'),
  'recovery-pgp-keys': flag.list('File with the PGP key that a recovery share is encrypted to; one for each, parted by commas.'),
  'root-token-pgp-key': flag.text('File with the PGP key that encrypts the root token.'),
  'stored-shares': flag.integer('', { hidden: true }),
}

async function initStatus({ out, client }: Pick<Call, 'out' | 'client'>): Promise<number> {
  try {
    const { initialized } = (await client.json<{ initialized: boolean }>('GET', 'sys/init'))!
    if (out.isTable) out.line(initialized ? 'Vault is initialized' : 'Vault is not initialized')
    else await out.structured({ Initialized: initialized })
    return initialized ? 0 : 2
  } catch (error) {
    return out.fail(`Error checking init status: ${describe(error, client.namespace)}`, 1)
  }
}

async function initialize(call: Call<typeof initFlags>): Promise<number> {
  const { flags, out, client } = call
  if (flags.status) return initStatus(call)
  const { recovery_seal: recovery } = (await client.json<SealStatus>('GET', 'sys/seal-status'))!
  const shares = flags[recovery ? 'recovery-shares' : 'key-shares'] ?? 5
  const threshold = flags[recovery ? 'recovery-threshold' : 'key-threshold'] ?? Math.min(3, shares)
  const pgp = flags[recovery ? 'recovery-pgp-keys' : 'pgp-keys']
  const body: Data = {
    [recovery ? 'recovery_shares' : 'secret_shares']: shares,
    [recovery ? 'recovery_threshold' : 'secret_threshold']: threshold,
    ...(pgp.length > 0 && { [recovery ? 'recovery_pgp_keys' : 'pgp_keys']: pgpKeysOf(pgp) }),
    ...(flags['root-token-pgp-key'] && { root_token_pgp_key: pgpKeyOf(flags['root-token-pgp-key']) }),
  }
  const answer = (await client.json<InitAnswer>('PUT', 'sys/init', { body }))!
  if (!out.isTable) return out.structured(machineInit(answer, recovery, shares, threshold))
  printInit(out, answer, recovery, shares, threshold)
  return 0
}

function machineInit(answer: InitAnswer, recovery: boolean, shares: number, threshold: number): Map<string, unknown> {
  return new Map<string, unknown>([
    ['unseal_keys_b64', answer.keys_base64 ?? []],
    ['unseal_keys_hex', answer.keys ?? []],
    ['unseal_shares', recovery ? 1 : shares],
    ['unseal_threshold', recovery ? 1 : threshold],
    ['recovery_keys_b64', answer.recovery_keys_base64 ?? []],
    ['recovery_keys_hex', answer.recovery_keys ?? []],
    ['recovery_keys_shares', recovery ? shares : 0],
    ['recovery_keys_threshold', recovery ? threshold : 0],
    ['root_token', answer.root_token],
  ])
}

function printInit(out: Call['out'], answer: InitAnswer, recovery: boolean, shares: number, threshold: number): void {
  answer.keys_base64?.forEach((key, at) => out.line(`Unseal Key ${at + 1}: ${key}`))
  answer.recovery_keys_base64?.forEach((key, at) => out.line(`Recovery Key ${at + 1}: ${key}`))
  out.line()
  out.line(`Initial Root Token: ${answer.root_token}`)
  out.line()
  if (recovery) {
    out.line('Success! Vault is initialized')
    out.line()
    out.line(wrapText(`Recovery key initialized with ${shares} key shares and a key threshold of ${threshold}. Please securely distribute the key shares printed above.`))
    return
  }
  out.line(wrapText(`Vault initialized with ${shares} key shares and a key threshold of ${threshold}. Please securely distribute the key shares printed above. When the server is re-sealed, restarted, or stopped, you must supply at least ${threshold} of these keys to unseal it before it can start servicing requests.`))
  out.line()
  out.line(wrapText(`The generated root key is not stored. Without at least ${threshold} keys to reconstruct the root key, the store will remain permanently sealed!`))
  out.line()
  out.line(wrapText('It is possible to generate new unseal keys, provided you have a quorum of existing unseal keys shares. See "strongroom operator rekey" for more information.'))
}

/** `22 Nov 26 09:35 UTC`, as RFC 822 writes an instant; what is none stays as it is. */
function shortTime(raw: unknown): string {
  const at = new Date(String(raw))
  if (Number.isNaN(at.getTime())) return show(raw)
  const [, day, month, year, clock] = at.toUTCString().split(' ')
  return `${day} ${month} ${year!.slice(2)} ${clock!.slice(0, 5)} UTC`
}

const keyStatusRows = (data: Data): string[][] => [
  ['Key Term', show(data.term)],
  ['Install Time', shortTime(data.install_time)],
  ['Encryption Count', show(data.encryptions ?? 0)],
]

export async function printKeyStatus({ out, client }: Pick<Call, 'out' | 'client'>): Promise<number> {
  const { data } = (await client.read('sys/key-status'))!
  if (!out.isTable) return out.structured(data)
  out.columns(keyStatusRows(data!))
  return 0
}

export const commands = [
  command({
    name: 'operator init',
    about: 'Initializes a server',
    arity: [0, 0],
    examples: [['Three shares, any two of which unseal', 'operator init -key-shares=3 -key-threshold=2']],
    flags: initFlags,
    doing: () => 'initializing',
    run: initialize,
  }),
  command({
    name: 'operator unseal',
    about: 'Provide a portion of the root key to unseal the server',
    takes: '[KEY]',
    arity: [0, 1],
    detail: 'Without an argument the key is asked for, and not shown; "-" reads it from standard input.',
    flags: { reset: flag.boolean('Forget the shares that were given.'), migrate: flag.boolean('The share is for a migration of the seal.') },
    doing: () => 'unsealing',
    async run(call) {
      const { flags, out, client } = call
      if (flags.reset) return printSeal(out, (await client.json<SealStatus>('PUT', 'sys/unseal', { body: { reset: true } }))!)
      const key = (await askShare(call)).trim()
      const status = await client.json<SealStatus>('PUT', 'sys/unseal', { body: { key, migrate: flags.migrate } })
      return printSeal(out, status!)
    },
  }),
  command({
    name: 'operator seal',
    about: 'Seals the server',
    arity: [0, 0],
    doing: () => 'sealing',
    async run({ out, client }) {
      await client.request('PUT', 'sys/seal', { body: {} })
      return out.done('Success! Vault is sealed.')
    },
  }),
  command({
    name: 'operator step-down',
    about: 'Forces the active node to give up its duty',
    arity: [0, 0],
    doing: () => 'stepping down',
    async run({ out, client }) {
      await client.request('PUT', 'sys/step-down', { body: {} })
      return out.done(`Success! Stepped down: ${client.address}`)
    },
  }),
  command({
    name: 'operator key-status',
    about: 'Provides information about the active encryption key',
    arity: [0, 0],
    doing: () => 'reading key status',
    run: (call) => printKeyStatus(call),
  }),
  command({
    name: 'operator members',
    about: 'Returns the list of nodes in the cluster',
    arity: [0, 0],
    doing: () => 'reading members',
    async run({ out, client }) {
      const answer = (await client.json<Data>('GET', 'sys/ha-status'))!
      const nodes = ((answer.data as Data | undefined)?.nodes ?? answer.nodes ?? answer.Nodes ?? []) as Data[]
      if (!out.isTable) return out.structured({ Nodes: nodes })
      out.rows(
        ['Host Name', 'API Address', 'Cluster Address', 'Active Node', 'Version', 'Last Echo'],
        nodes.map((node) => [show(node.hostname ?? ''), show(node.api_address ?? ''), show(node.cluster_address ?? ''), show(node.active_node ?? false), show(node.version ?? ''), show(node.last_echo ?? '')]),
      )
      return 0
    },
  }),
]
