// `strongroom agent`: reads its own arguments, as the command line hands them over.
import { parseArgs } from 'node:util'
import { Fault } from '../kit/errors.ts'
import { runAgent } from './agent.ts'
import { type AgentConfig, readAgentConfig } from './config.ts'
import type { Report, Variables } from './rendering.ts'

const usage = `Usage: strongroom agent -config=FILE [options]

  Logs in, keeps a token alive, writes it to files, renders templates and runs a program with secrets.

  -config=FILE       File or folder of files (HCL or JSON); may be repeated.
  -log-level=LEVEL   trace, debug, info, warn or error.
  -exit-after-auth   End once every sink and template was written.
  -test              Read the configuration and exit.
`
const levels = ['trace', 'debug', 'info', 'warn', 'error']

/** Runs the agent until SIGINT or SIGTERM; resolves to the exit code. `variables` is the process environment. */
export async function run(argv: string[], variables: Variables = {}): Promise<number> {
  let config: AgentConfig
  let test: boolean
  try {
    const { values } = parseArgs({
      args: argv.map((word) => (/^-[a-z]{2,}/.test(word) ? `-${word}` : word)),
      options: { config: { type: 'string', multiple: true }, 'log-level': { type: 'string' }, 'exit-after-auth': { type: 'boolean' }, test: { type: 'boolean' }, help: { type: 'boolean', short: 'h' } },
    })
    if (values.help) {
      process.stdout.write(usage)
      return 0
    }
    if (!values.config) throw new Fault('invalid', 'Must specify at least one config path using -config')
    config = readAgentConfig(values.config)
    if (values['exit-after-auth']) config.exit_after_auth = true
    if (levels.includes(values['log-level'] ?? '')) config.log_level = values['log-level'] as AgentConfig['log_level']
    test = values.test ?? false
  } catch (cause) {
    process.stderr.write(`${(cause as Error).message}\n`)
    return 1
  }
  return test ? 0 : untilSignal(config, variables)
}

async function untilSignal(config: AgentConfig, variables: Variables): Promise<number> {
  const report: Report = (level, message) => {
    if (levels.indexOf(level) >= levels.indexOf(config.log_level)) process.stderr.write(`${new Date().toISOString()} [${level.toUpperCase()}] agent: ${message}\n`)
  }
  const controller = new AbortController()
  const end = (): void => controller.abort()
  process.on('SIGINT', end).on('SIGTERM', end)
  try {
    return await runAgent({ config, variables, report, signal: controller.signal, supervising: (pass) => process.on('SIGHUP', () => pass('SIGHUP')) })
  } catch (cause) {
    report('error', (cause as Error).message)
    return 1
  } finally {
    process.off('SIGINT', end).off('SIGTERM', end)
  }
}
