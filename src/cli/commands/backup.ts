// strongroom backup, restore
import { command, flag } from '../command.ts'
import type { Output } from '../output.ts'
import type { Shell } from '../shell.ts'
import { saveSnapshot, sendSnapshot, verifySnapshot } from '../snapshot.ts'

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
    detail: 'With -config the store of that configuration is filled, which must be empty; without, that of the running server is replaced. With -verify nothing is changed: the copy is restored into an empty store, opened, and counted. Offline, Shamir\'s shares are read from standard input, one a line.',
    examples: [['Prove that a copy opens', 'restore -verify -config=/etc/strongroom/strongroom.hcl strongroom.snap'], ['Fill a new instance', 'restore -config=/etc/strongroom/strongroom.hcl strongroom.snap']],
    flags: { config: flag.list('Configuration of the server that is restored, which does not run.'), verify: flag.boolean('Only prove that the copy is whole and opens.'), force: flag.boolean('Even where the copy was made with another seal key.', { aliases: ['f'] }) },
    doing: () => 'restoring',
    async run({ args, flags, out, client, shell }) {
      if (flags.config.length > 0) return offline(args[0]!, flags.config, flags.verify, out, shell)
      if (flags.verify) return told(await verifySnapshot(client, args[0]!), out)
      await sendSnapshot(client, args[0]!, flags.force)
      return out.done(`Success! Restored ${args[0]}. Unseal the server if it is sealed now.`)
    },
  }),
]

async function told(findings: object, out: Output): Promise<number> {
  await out.data(findings)
  return (findings as { broken?: unknown[] }).broken?.length === 0 ? 0 : 2
}

/** The server does not run: its configuration says where the store is and how it is sealed. */
async function offline(file: string, paths: string[], verify: boolean, out: Output, shell: Shell): Promise<number> {
  const { restoreStopped, verifyStopped } = await import('../../run.ts')
  if (verify) return told(await verifyStopped(file, paths, async () => (shell.interactive ? [] : shareLines(await shell.readInput()))), out)
  await restoreStopped(file, paths)
  return out.done(`Success! Restored ${file}. Start the server and unseal it with the keys of the time of the backup.`)
}

const shareLines = (input: string): Buffer[] =>
  input.split('\n').map((line) => line.trim()).filter((line) => line !== '').map((line) => Buffer.from(line, /^(?:[0-9a-fA-F]{2})+$/.test(line) ? 'hex' : 'base64'))
