// strongroom lease renew, revoke, lookup
import { command, flag } from '../command.ts'
import { trimmed } from '../path.ts'
import { wrapText } from '../text.ts'
import { UsageError } from '../usage.ts'

const queued = 'All revocation operations queued successfully!'

export const commands = [
  command({
    name: 'lease renew',
    about: 'Renews the lease of a secret',
    takes: 'ID',
    arity: [1, 1],
    flags: { increment: flag.text('Wanted further life, such as 1h.', { aliases: ['i'] }) },
    doing: ([id]) => `renewing ${id}`,
    async run({ args, flags, out, client }) {
      return out.secret(await client.write('sys/leases/renew', { lease_id: args[0], ...(flags.increment && { increment: flags.increment }) }))
    },
  }),
  command({
    name: 'lease revoke',
    about: 'Revokes leases and secrets',
    takes: 'ID',
    arity: [1, 1],
    flags: {
      force: flag.boolean('With -prefix: forget the leases even where revoking fails at the far end.', { aliases: ['f'] }),
      prefix: flag.boolean('Revoke every lease whose id begins so.'),
      sync: flag.boolean('Wait until it is done.'),
    },
    doing: ([id]) => `revoking lease ${id}`,
    async run({ args, flags, out, client }) {
      const id = trimmed(args[0]!)
      if (flags.force && !flags.prefix) throw new UsageError('Specifying -force requires also specifying -prefix')
      if (flags.prefix) {
        if (flags.force) out.warn(wrapText('Warning! Force-removing leases can cause Vault to become out of sync with secret engines!'))
        await client.write(`sys/leases/${flags.force ? 'revoke-force' : 'revoke-prefix'}/${id}`, { sync: flags.sync })
        if (flags.force) return out.done(`Success! Force revoked any leases with prefix: ${id}`)
        return out.done(flags.sync ? `Success! Revoked any leases with prefix: ${id}` : queued)
      }
      await client.write('sys/leases/revoke', { lease_id: id, sync: flags.sync })
      return out.done(flags.sync ? 'Success! Revoked lease: ' + id : queued)
    },
  }),
  command({
    name: 'lease lookup',
    about: 'Lookup the lease of a secret',
    takes: 'ID',
    arity: [1, 1],
    doing: ([id]) => `looking up lease id ${id}`,
    async run({ args, out, client }) {
      return out.secret(await client.write('sys/leases/lookup', { lease_id: args[0] }))
    },
  }),
]
