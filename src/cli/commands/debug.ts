// strongroom debug: what the server says of itself, in a folder, for a report. No secret is asked for.
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { command, flag } from '../command.ts'
import { describe } from '../failure.ts'
import { formatJson } from '../json.ts'
import { healthCodes } from '../seal.ts'

const targets: Record<string, string> = {
  config: 'sys/config/state/sanitized',
  host: 'sys/host-info',
  'server-status': 'sys/health',
  'replication-status': 'sys/leader',
  metrics: 'sys/metrics',
  requests: 'sys/in-flight-req',
}

export const commands = [
  command({
    name: 'debug',
    about: 'Collect what helps to find a fault, without secrets',
    arity: [0, 0],
    flags: {
      output: flag.text('Folder to write; default strongroom-debug-TIME.'),
      target: flag.list(`What to collect: ${Object.keys(targets).join(', ')}; may be repeated. Default all.`, { words: Object.keys(targets) }),
      duration: flag.text('', { hidden: true }),
      interval: flag.text('', { hidden: true }),
      'metrics-interval': flag.text('', { hidden: true }),
      compress: flag.boolean('', { hidden: true }),
    },
    async run({ flags, out, client }) {
      const folder = flags.output ?? `strongroom-debug-${new Date().toISOString().replaceAll(':', '-').slice(0, 19)}`
      mkdirSync(folder, { mode: 0o700 })
      let failed = 0
      for (const name of flags.target.length > 0 ? flags.target.flatMap((list) => list.split(',')) : Object.keys(targets)) {
        const path = targets[name]
        if (path === undefined) return out.fail(`No target "${name}": ${Object.keys(targets).join(', ')}`, 1)
        try {
          const answer = await client.with({ retries: 0 }).json('GET', path, name === 'server-status' ? { accept: healthCodes } : {})
          writeFileSync(join(folder, `${name}.json`), formatJson(answer) + '\n', { mode: 0o600 })
          out.done(`${name}: collected`)
        } catch (error) {
          failed++
          out.warn(`${name}: ${describe(error).split('\n').at(-1)}`)
        }
      }
      out.done(`Success! Written to ${folder}`)
      return failed === 0 ? 0 : 2
    },
  }),
]
