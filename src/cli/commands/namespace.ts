// strongroom namespace create, list, delete, lookup, patch, lock, unlock
import { command, flag } from '../command.ts'
import { trimmed } from '../path.ts'
import { UsageError } from '../usage.ts'

const metadata = flag.map('A note on the namespace, key=value; may be repeated.')
const takes = 'PATH'

export const commands = [
  command({
    name: 'namespace create',
    about: 'Create a new namespace',
    takes,
    arity: [1, 1],
    flags: { 'custom-metadata': metadata },
    doing: () => 'creating namespace',
    async run({ args, flags, out, client }) {
      const secret = await client.write(`sys/namespaces/${trimmed(args[0] ?? '')}`, { custom_metadata: flags['custom-metadata'] })
      return secret === null ? out.done(`Success! Namespace created at: ${trimmed(args[0] ?? '')}/`) : out.secret(secret)
    },
  }),
  command({
    name: 'namespace list',
    about: 'List child namespaces',
    arity: [0, 0],
    flags: { detailed: flag.boolean('Show what is known of each.') },
    doing: () => 'listing namespaces',
    async run({ flags, out, client }) {
      const secret = await client.list('sys/namespaces')
      if (secret !== null) return out.list(secret, flags.detailed)
      if (!out.isTable) await out.structured({})
      return out.isTable ? out.fail('No namespaces found') : 2
    },
  }),
  command({
    name: 'namespace lookup',
    about: 'Look up an existing namespace',
    takes,
    arity: [1, 1],
    doing: () => 'looking up namespace',
    async run({ args, out, client }) {
      const secret = await client.read(`sys/namespaces/${trimmed(args[0] ?? '')}`)
      return secret === null ? out.fail('Namespace not found') : out.secret(secret)
    },
  }),
  command({
    name: 'namespace patch',
    about: 'Patch an existing namespace',
    takes,
    arity: [1, 1],
    flags: { 'custom-metadata': metadata, 'remove-custom-metadata': flag.list('Key of a note to remove; may be repeated.') },
    doing: () => 'patching namespace',
    async run({ args, flags, out, client }) {
      const removed = Object.fromEntries(flags['remove-custom-metadata'].map((key) => [key, null]))
      const secret = await client.patch(`sys/namespaces/${trimmed(args[0] ?? '')}`, { custom_metadata: { ...flags['custom-metadata'], ...removed } })
      return secret === null ? out.done(`Success! Namespace patched at: ${trimmed(args[0] ?? '')}/`) : out.secret(secret)
    },
  }),
  command({
    name: 'namespace delete',
    about: 'Delete an existing namespace',
    takes,
    arity: [1, 1],
    doing: () => 'deleting namespace',
    async run({ args, out, client }) {
      const secret = await client.delete(`sys/namespaces/${trimmed(args[0] ?? '')}`)
      if (secret?.data?.status) return out.done(`Namespace deletion is ${String(secret.data.status)}: ${trimmed(args[0] ?? '')}/`)
      return out.done(`Success! Namespace deleted at: ${trimmed(args[0] ?? '')}/`)
    },
  }),
  command({
    name: 'namespace lock',
    about: 'Lock the API of a namespace and its descendants',
    takes: '[PATH]',
    arity: [0, 1],
    doing: () => 'locking namespace',
    async run({ args, out, client }) {
      const secret = await client.write(`sys/namespaces/api-lock/lock/${trimmed(args[0] ?? '')}`)
      return secret === null ? 0 : out.secret(secret)
    },
  }),
  command({
    name: 'namespace unlock',
    about: 'Unlock the API of a locked namespace',
    takes: '[PATH]',
    arity: [0, 1],
    flags: { 'unlock-key': flag.text('Key that locking gave; "-" reads it from standard input.') },
    doing: () => 'unlocking namespace',
    async run({ args, flags, out, client, shell }) {
      const given = flags['unlock-key']
      const key = given === '-' ? (await shell.readInput()).trim() : given
      if (key === '') throw new UsageError('The unlock key is empty')
      await client.write(`sys/namespaces/api-lock/unlock/${trimmed(args[0] ?? '')}`, key === undefined ? {} : { unlock_key: key })
      return out.done('Success! Namespace unlocked')
    },
  }),
]
