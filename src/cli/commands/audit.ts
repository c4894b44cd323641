// strongroom audit enable, disable, list
import type { Data } from '../../sdk/secret.ts'
import { command, flag } from '../command.ts'
import { mountsOf } from '../mount-tuning.ts'
import { parsePairs } from '../pairs.ts'
import { trimmed } from '../path.ts'
import { show } from '../text.ts'

export const commands = [
  command({
    name: 'audit enable',
    about: 'Enables an audit device',
    takes: 'TYPE [CONFIG K=V...]',
    arity: [1, Infinity],
    examples: [['A file', 'audit enable file file_path=/var/log/vault/audit.log']],
    flags: { description: flag.text('What the device is for.'), path: flag.text('Its name; default its type.'), local: flag.boolean('Not replicated.') },
    doing: () => 'enabling audit device',
    async run({ args, flags, out, client, shell }) {
      const type = args[0]!.trim()
      const path = trimmed(flags.path ?? type)
      await client.write(`sys/audit/${path}`, { type, description: flags.description ?? '', options: await parsePairs(args.slice(1), shell), local: flags.local })
      return out.done(`Success! Enabled the ${type} audit device at: ${path}/`)
    },
  }),
  command({
    name: 'audit disable',
    about: 'Disables an audit device',
    takes: 'PATH',
    arity: [1, 1],
    doing: () => 'disabling audit device',
    async run({ args, out, client }) {
      await client.delete(`sys/audit/${trimmed(args[0]!)}`)
      return out.done(`Success! Disabled audit device (if it was enabled) at: ${trimmed(args[0]!)}/`)
    },
  }),
  command({
    name: 'audit list',
    about: 'Lists enabled audit devices',
    arity: [0, 0],
    flags: { detailed: flag.boolean('Show options too.') },
    doing: () => 'listing audits',
    async run({ flags, out, client }) {
      const devices = mountsOf(await client.json<Data>('GET', 'sys/audit'))
      const paths = Object.keys(devices).sort()
      if (!out.isTable) return out.structured(devices)
      if (paths.length === 0) {
        out.line('No audit devices are enabled.')
        return 2
      }
      const cell = (path: string, name: string): string => show(devices[path]![name] ?? '')
      const options = (path: string): string => Object.entries((devices[path]!.options ?? {}) as Data).map(([key, value]) => `${key}=${show(value)}`).join(' ')
      if (flags.detailed)
        out.rows(['Path', 'Type', 'Description', 'Replication', 'Options'], paths.map((path) => [path, cell(path, 'type'), cell(path, 'description'), devices[path]!.local ? 'local' : 'replicated', options(path)]))
      else out.rows(['Path', 'Type', 'Description'], paths.map((path) => [path, cell(path, 'type'), cell(path, 'description')]))
      return 0
    },
  }),
]
