// strongroom list
import { command, flag } from '../command.ts'
import { trimmed } from '../path.ts'

export const commands = [
  command({
    name: 'list',
    about: 'List data or secrets',
    takes: 'PATH',
    arity: [1, 1],
    examples: [['List what lies below a folder', 'list secret/metadata/my-app/']],
    flags: {
      detailed: flag.boolean('Show what the server says about each key.'),
      after: flag.text('Begin after this key.'),
      limit: flag.integer('Show at most so many keys.'),
    },
    doing: ([path]) => `listing ${path}`,
    async run({ args, flags, out, client }) {
      const path = trimmed(args[0]!)
      const secret = await client.list(path, { ...(flags.after && { after: flags.after }), ...(flags.limit && { limit: flags.limit }) })
      if (secret?.wrap_info) return out.secret(secret)
      if (!Array.isArray(secret?.data?.keys)) {
        if (!out.isTable) await out.structured({})
        // Without data there are warnings at least: they are what the server has to say.
        if (out.isTable && secret && !secret.data) return out.secret(secret)
        return out.isTable ? out.fail(`No value found at ${path}`) : 2
      }
      return out.list(secret, flags.detailed)
    },
  }),
]
