// strongroom monitor
import { command, flag } from '../command.ts'
import { UsageError } from '../usage.ts'

const levels = ['trace', 'debug', 'info', 'warn', 'error']

export const commands = [
  command({
    name: 'monitor',
    about: "Stream the server's log",
    arity: [0, 0],
    flags: {
      'log-level': flag.text('trace, debug, info, warn or error.', { default: 'info', words: levels }),
      'log-format': flag.text('standard or json.', { default: 'standard', words: ['standard', 'json'] }),
    },
    doing: () => 'streaming logs',
    async run({ flags, out, client }) {
      if (!levels.includes(flags['log-level'])) throw new UsageError(`${flags['log-level']} is an unknown log level. Valid log levels are: [${levels.join(' ')}]`)
      const response = await client.request('GET', 'sys/monitor', { query: { log_level: flags['log-level'], log_format: flags['log-format'] }, timeout: 0 })
      for await (const chunk of response.stream()) out.bytes(chunk)
      return 0
    },
  }),
]
