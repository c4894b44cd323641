// strongroom monitor
import { command, flag } from '../command.ts'

export const commands = [
  command({
    name: 'monitor',
    about: "Stream the server's log",
    arity: [0, 0],
    flags: {
      'log-level': flag.text('trace, debug, info, warn or error.', { default: 'info', words: ['trace', 'debug', 'info', 'warn', 'error'] }),
      'log-format': flag.text('standard or json.', { default: 'standard', words: ['standard', 'json'] }),
    },
    doing: () => 'streaming logs',
    async run({ flags, out, client }) {
      const response = await client.request('GET', 'sys/monitor', { query: { log_level: flags['log-level'], log_format: flags['log-format'] }, timeout: 0 })
      for await (const chunk of response.stream()) out.bytes(chunk)
      return 0
    },
  }),
]
