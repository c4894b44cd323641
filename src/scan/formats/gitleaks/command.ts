// The command line of gitleaks 8 (https://github.com/gitleaks/gitleaks#usage): `detect`, `protect`, `git`, `dir`, `stdin`.
import { existsSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { parse, type Settings } from '../../settings.ts'
import type { Finding } from '../../finding.ts'
import { findSecrets, report } from '../../run.ts'
import { ScanError } from '../../scan-error.ts'
import type { Part } from '../../setup.ts'
import { readText } from '../../text-file.ts'
import { version } from '../../report/version.ts'
import { inRepository } from '../tracked.ts'
import { isCalled } from './names.ts'

const options = {
  source: { type: 'string', short: 's' },
  config: { type: 'string', short: 'c' },
  verbose: { type: 'boolean', short: 'v' },
  staged: { type: 'boolean' },
  'pre-commit': { type: 'boolean' },
  'no-git': { type: 'boolean' },
  pipe: { type: 'boolean' },
  'log-opts': { type: 'string' },
  'report-format': { type: 'string', short: 'f' },
  'report-path': { type: 'string', short: 'r' },
  'report-template': { type: 'string' },
  'baseline-path': { type: 'string', short: 'b' },
  'gitleaks-ignore-path': { type: 'string', short: 'i' },
  'exit-code': { type: 'string' },
  'enable-rule': { type: 'string', multiple: true },
  redact: { type: 'string' },
  'no-redact': { type: 'boolean' },
  'no-banner': { type: 'boolean' },
  'no-color': { type: 'boolean' },
  'log-level': { type: 'string', short: 'l' },
  'follow-symlinks': { type: 'boolean' },
  'ignore-gitleaks-allow': { type: 'boolean' },
  'max-target-megabytes': { type: 'string' },
  'max-decode-depth': { type: 'string' },
  'max-archive-depth': { type: 'string' },
  timeout: { type: 'string' },
  platform: { type: 'string' },
  diagnostics: { type: 'string' },
  help: { type: 'boolean', short: 'h' },
} as const

type Flags = ReturnType<typeof read>['values']
/** `--redact` may stand without a value. */
const read = (argv: string[]) => parseArgs({ args: argv.map((word) => (word === '--redact' ? '--redact=100' : word)), options, allowPositionals: true })

const usage = `Usage: gitleaks (detect | protect | git | dir | stdin) [flags]   (as strongroom scan takes it)
${Object.keys(options).map((name) => `  --${name}`).join('\n')}
`
const formats: Record<string, string> = { json: 'gitleaks', csv: 'csv', junit: 'junit', sarif: 'sarif', template: 'template' }
const unknownFlag = 126

/** Returns the status: 0 clean, 1 (or `--exit-code`) leaks, 1 error, 126 unknown flag. */
export async function run(argv: string[]): Promise<number> {
  let parsed
  try {
    parsed = read(argv)
  } catch (error) {
    process.stderr.write(`Error: ${(error as Error).message}\n\n${usage}`)
    return unknownFlag
  }
  const { values, positionals } = parsed
  const [command = 'help', ...rest] = positionals
  if (command === 'version') process.stdout.write(`${version}\n`)
  if (values.help || command === 'help') process.stdout.write(usage)
  if (values.help || command === 'help' || command === 'version') return 0
  try {
    return await scan(command, rest, values)
  } catch (error) {
    process.stderr.write(`gitleaks: ${(error as Error).message}\n`)
    return 1
  }
}

interface Plan {
  positionals: string[]
  settings: Partial<Settings>
  root: string
}

async function planOf(command: string, rest: string[], flags: Flags): Promise<Plan> {
  const root = flags.source ?? rest[0] ?? '.'
  if (command === 'stdin' || flags.pipe) return { positionals: ['-'], settings: {}, root: '.' }
  if (['dir', 'directory', 'file', 'files'].includes(command) || (command === 'detect' && flags['no-git'])) return { positionals: [root], settings: {}, root }
  if (command === 'protect' || (command === 'git' && (flags.staged || flags['pre-commit']))) return { positionals: [root], settings: flags.staged ? { staged: true } : { unstaged: true }, root }
  if (command !== 'detect' && command !== 'git') throw new ScanError(`unknown command "${command.slice(0, 40)}" for "gitleaks"`)
  if (!(await inRepository(root))) throw new ScanError(`${root}: not a Git repository: use "gitleaks dir", or --no-git`)
  return { positionals: ['git', root], settings: flags['log-opts'] ? { range: flags['log-opts'] } : {}, root }
}

async function scan(command: string, rest: string[], flags: Flags): Promise<number> {
  const plan = await planOf(command, rest, flags)
  const found = join(plan.root, '.gitleaks.toml')
  const settings: Settings = {
    ...parse(['--no-config']).values,
    ...plan.settings,
    config: flags.config ?? (existsSync(found) ? found : undefined),
    baseline: flags['baseline-path'],
    archives: Number(flags['max-archive-depth']) > 0 ? flags['max-archive-depth'] : undefined,
    quiet: flags['log-level'] === 'error' || flags['log-level'] === 'fatal',
  }
  const { findings } = await findSecrets(settings, plan.positionals, await partsOf(flags, plan.root))
  await show(findings, flags)
  process.stderr.write(findings.length > 0 ? `leaks found: ${findings.length}\n` : 'no leaks found\n')
  return findings.length > 0 ? Number(flags['exit-code'] ?? 1) : 0
}

async function partsOf(flags: Flags, root: string): Promise<Part[]> {
  const parts: Part[] = []
  const { ignorePart } = await import('./index.ts')
  const named = flags['gitleaks-ignore-path']
  for (const path of [named, named && join(named, '.gitleaksignore'), join(root, '.gitleaksignore')]) {
    if (path && existsSync(path) && !isFolder(path)) parts.push(ignorePart(readText(path)))
  }
  const enabled = flags['enable-rule']?.flatMap((ids) => ids.split(','))
  if (enabled) parts.push({ finish: (findings) => findings.filter((finding) => enabled.some((id) => isCalled(finding.rule, id))) })
  return parts
}

const isFolder = (path: string): boolean => statSync(path).isDirectory()

async function show(findings: Finding[], flags: Flags): Promise<void> {
  const plain = { ...parse([]).values, 'no-redact': flags['no-redact'] === true || flags.redact === '0' }
  if (flags.verbose && findings.length > 0) await report({ ...plain, format: 'text' }, findings)
  const path = flags['report-path']
  if (path === undefined && flags['report-format'] === undefined) return
  const name = flags['report-format'] ?? /\.(csv|sarif|xml)$/.exec(path ?? '')?.[1]?.replace('xml', 'junit') ?? 'json'
  if (!Object.hasOwn(formats, name)) throw new ScanError(`report format "${name.slice(0, 40)}" is none of ${Object.keys(formats).join(', ')}`)
  const template = name === 'template' ? flags['report-template'] : undefined
  if (path !== undefined) await report({ ...plain, format: formats[name]!, template, output: path === '-' ? undefined : path }, findings)
}
