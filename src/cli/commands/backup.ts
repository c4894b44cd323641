// strongroom backup, restore
import { command, flag } from '../command.ts'
import { saveSnapshot, sendSnapshot } from '../snapshot.ts'

export const commands = [
  command({
    name: 'backup',
    about: 'Save a consistent copy of the whole store while it runs',
    takes: 'FILE',
    arity: [1, 1],
    detail: 'The copy holds what the storage holds: all of it encrypted. It opens only with the seal key or the unseal keys of now.',
    examples: [['A copy with the date in its name', 'backup strongroom-$(date +%F).snap']],
    doing: () => 'backing up',
    async run({ args, out, client }) {
      const bytes = await saveSnapshot(client, args[0]!)
      return out.isTable ? out.done(`Success! Saved ${bytes} bytes to ${args[0]}`) : out.structured({ file: args[0], bytes })
    },
  }),
  command({
    name: 'restore',
    about: 'Bring a copy back, or prove that it can be',
    takes: 'FILE',
    arity: [1, 1],
    detail: 'With -verify nothing is changed on the server: the copy is restored into an empty instance, opened, and counted.',
    flags: { verify: flag.boolean('Only prove that the copy is whole and opens.'), force: flag.boolean('Even where the copy was made with another seal key.', { aliases: ['f'] }) },
    doing: () => 'restoring',
    async run({ args, flags, out, client }) {
      if (flags.verify) {
        const { readFileSync } = process.getBuiltinModule('node:fs')
        const report = await client.json('PUT', 'sys/storage/raft/snapshot-verify', { body: readFileSync(args[0]!), timeout: 0, headers: { 'Content-Type': 'application/octet-stream' } })
        return out.data((report?.data as Record<string, unknown> | undefined) ?? {})
      }
      await sendSnapshot(client, args[0]!, flags.force)
      return out.done(`Success! Restored ${args[0]}. Unseal the server if it is sealed now.`)
    },
  }),
]
