// Templates at work: rendered when all their secrets are there, again when one of them is due, written when they changed.
import { readFileSync } from 'node:fs'
import { type ChildProcess, spawn } from 'node:child_process'
import { Fault } from '../kit/errors.ts'
import type { AgentConfig, EnvTemplateConfig, TemplateConfig } from './config.ts'
import { replaceFile } from './file.ts'
import { pause } from './pause.ts'
import type { Secrets } from './secrets.ts'
import { renderTemplate } from './template/evaluate.ts'
import { type Template, parseTemplate } from './template/parse.ts'

export type Variables = Readonly<Record<string, string | undefined>>
export type Report = (level: 'debug' | 'info' | 'warn' | 'error', message: string) => void

export interface Surroundings {
  secrets: Secrets
  variables: Variables
  render: AgentConfig['render']
  report: Report
}

type Source = Pick<TemplateConfig, 'source' | 'contents' | 'left_delimiter' | 'right_delimiter' | 'error_on_missing_key'>

/** Reads and parses a template; throws `invalid`. */
export const loadTemplate = (config: Source): Template =>
  parseTemplate(config.contents ?? readFileSync(config.source!, 'utf8'), { left: config.left_delimiter, right: config.right_delimiter })

/**
 * Renders until the signal aborts, or once; `apply` takes each text. Resolves to whether it was rendered: false when it was
 * given up after the configured attempts.
 */
export async function keepRendered(name: string, config: Source, apply: (text: string) => Promise<void> | void, around: Surroundings, signal: AbortSignal, once: boolean): Promise<boolean> {
  const template = loadTemplate(config)
  for (let failures = 0; !signal.aborted; ) {
    const used = new Set<string>()
    try {
      await apply(await renderTemplate(template, { functions: { ...around.secrets.functions(used), ...variableFunctions(around.variables) }, missingKeyFails: config.error_on_missing_key }))
      failures = 0
      if (once) return true
      await pause(Math.max(250, around.secrets.due(used) - Date.now()), signal)
    } catch (cause) {
      failures++
      around.report('error', `${name}: ${cause instanceof Fault ? cause.message : describe(cause)}`)
      if (failures >= around.render.max_attempts && around.render.exit_on_retry_failure) return false
      await pause(Math.min(60_000, 250 * 2 ** Math.min(failures, 10)), signal)
    }
  }
  return true
}

/** System errors say what and where; of anything else the class alone is told. */
const describe = (cause: unknown): string => ((cause as NodeJS.ErrnoException).code !== undefined ? (cause as Error).message : (cause as Error).name)

const variableFunctions = (variables: Variables) => ({
  env: { arity: [1, 1] as const, run: (name: unknown) => variables[String(name)] ?? '' },
  envOrDefault: { arity: [2, 2] as const, run: (name: unknown, otherwise: unknown) => variables[String(name)] || otherwise },
  mustEnv: {
    arity: [1, 1] as const,
    run: (name: unknown) => {
      const value = variables[String(name)]
      if (value === undefined) throw new Fault('invalid', 'the variable is not set')
      return value
    },
  },
})

/** Writes the file of a template and runs its command when it changed. */
export async function writeRendered(config: TemplateConfig, text: string, report: Report): Promise<void> {
  const changed = replaceFile(config.destination, text, { mode: Number.parseInt(config.perms, 8), makeFolders: config.create_dest_dirs, uid: config.uid, gid: config.gid })
  if (!changed) return
  report('info', `rendered ${config.destination}`)
  const command = config.exec?.command ?? (config.command === undefined ? [] : [config.command])
  if (command.length === 0) return
  const code = await runCommand(command, config.exec?.timeout ?? 30)
  if (code !== 0) throw new Fault('invalid', `the command of ${config.destination} ended with status ${code ?? 'of a signal'}`)
}

function runCommand(command: readonly string[], timeout: number): Promise<number | null> {
  const [program, ...rest] = command as [string, ...string[]]
  const options = { stdio: ['ignore', 'inherit', 'inherit'] as ['ignore', 'inherit', 'inherit'], timeout: timeout * 1000 }
  const child: ChildProcess = rest.length === 0 ? spawn(program, { ...options, shell: true }) : spawn(program, rest, options)
  return new Promise((resolve, reject) => child.once('error', reject).once('exit', resolve))
}

/** Renders all variables of a supervised program; `changed` is told when every one is there, and at each change. */
export async function keepVariables(configs: readonly EnvTemplateConfig[], changed: (values: Record<string, string>) => Promise<void>, around: Surroundings, signal: AbortSignal): Promise<boolean> {
  const values: Record<string, string> = {}
  const tell = async (name: string, text: string): Promise<void> => {
    if (values[name] === text) return
    values[name] = text
    if (Object.keys(values).length === configs.length) await changed({ ...values })
  }
  if (configs.length === 0) await changed({})
  const rendered = await Promise.all(configs.map((config) => keepRendered(`env_template "${config.name}"`, config, (text) => tell(config.name, text), around, signal, false)))
  return rendered.every(Boolean)
}
