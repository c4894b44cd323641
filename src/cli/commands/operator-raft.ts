// strongroom operator raft snapshot save, restore, list-peers, autopilot, join, remove-peer
import type { Data } from '../../sdk/secret.ts'
import { command, flag } from '../command.ts'
import { show } from '../text.ts'
import { saveSnapshot, sendSnapshot } from '../snapshot.ts'
import { UsageError } from '../usage.ts'

export const commands = [
  command({
    name: 'operator raft snapshot save',
    about: 'Saves a snapshot of the store to a file',
    takes: 'FILE',
    arity: [1, 1],
    doing: () => 'taking the snapshot',
    async run({ args, out, client }) {
      await saveSnapshot(client, args[0]!)
      return out.done('')
    },
  }),
  command({
    name: 'operator raft snapshot restore',
    about: 'Installs the snapshot in a file',
    takes: 'FILE',
    arity: [1, 1],
    flags: { force: flag.boolean('Even where the snapshot was taken with another seal key.', { aliases: ['f'] }) },
    doing: () => 'installing the snapshot',
    async run({ args, flags, client }) {
      await sendSnapshot(client, args[0]!, flags.force)
      return 0
    },
  }),
  command({
    name: 'operator raft list-peers',
    about: 'Returns the set of nodes',
    arity: [0, 0],
    doing: () => 'reading the raft cluster configuration',
    async run({ out, client }) {
      const secret = await client.read('sys/storage/raft/configuration')
      if (!out.isTable) return out.secret(secret)
      if (!secret?.data?.config) return out.fail('No raft cluster configuration found')
      const servers = ((secret.data.config as Data | undefined)?.servers ?? []) as Data[]
      out.rows(['Node', 'Address', 'State', 'Voter'], servers.map((server) => [show(server.node_id), show(server.address), server.leader ? 'leader' : 'follower', show(server.voter)]))
      return 0
    },
  }),
  command({
    name: 'operator raft autopilot state',
    about: 'Displays how the nodes are',
    arity: [0, 0],
    doing: () => 'reading the state of the nodes',
    async run({ out, client }) {
      const secret = await client.read('sys/storage/raft/autopilot/state')
      if (!out.isTable) return out.secret(secret)
      const { servers = {}, voters = [], ...whole } = (secret?.data ?? {}) as { servers?: Record<string, Data>; voters?: string[] } & Data
      out.columns([['Healthy', show(whole.healthy)], ['Failure Tolerance', show(whole.failure_tolerance)], ['Leader', show(whole.leader)], ['Voters', voters.join(', ')]])
      out.line()
      out.rows(['Name', 'Address', 'Status', 'Node Status', 'Healthy', 'Version'], Object.values(servers).map((one) => ['name', 'address', 'status', 'node_status', 'healthy', 'version'].map((field) => show(one[field] ?? ''))))
      return 0
    },
  }),
  command({
    name: 'operator raft autopilot get-config',
    about: 'Returns what is decided about nodes by itself: nothing',
    arity: [0, 0],
    doing: () => 'reading the configuration',
    run: async ({ out, client }) => out.secret(await client.read('sys/storage/raft/autopilot/configuration')),
  }),
  command({
    name: 'operator raft autopilot set-config',
    about: 'Refused: the nodes do not depend on each other',
    arity: [0, Infinity],
    rawArguments: true,
    local: true,
    run: async () => refuse('There is no autopilot: the nodes over one store do not depend on each other.'),
  }),
  command({
    name: 'operator raft join',
    about: 'Refused: a server joins by its configuration',
    arity: [0, Infinity],
    rawArguments: true,
    local: true,
    run: async () => refuse('Servers are not joined: every server that is configured with the same storage is a node, and answers once it is unsealed.'),
  }),
  command({
    name: 'operator raft remove-peer',
    about: 'Refused: a server leaves when it is stopped',
    arity: [0, Infinity],
    rawArguments: true,
    local: true,
    run: async () => refuse('Servers are not removed: one that is stopped is no node any more.'),
  }),
]

function refuse(why: string): never {
  throw new UsageError(why)
}
