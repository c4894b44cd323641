// strongroom operator raft snapshot save, restore, list-peers
import type { Data } from '../../sdk/secret.ts'
import { command, flag } from '../command.ts'
import { show } from '../text.ts'
import { saveSnapshot, sendSnapshot } from '../snapshot.ts'

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
    doing: () => 'reading the configuration',
    async run({ out, client }) {
      const secret = await client.read('sys/storage/raft/configuration')
      if (!out.isTable) return out.secret(secret)
      const servers = ((secret?.data?.config as Data | undefined)?.servers ?? []) as Data[]
      out.rows(['Node', 'Address', 'State', 'Voter'], servers.map((server) => [show(server.node_id), show(server.address), server.leader ? 'leader' : 'follower', show(server.voter)]))
      return 0
    },
  }),
]
