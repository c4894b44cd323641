// The command line of detect-secrets 1 (https://github.com/Yelp/detect-secrets#usage): `scan` and `audit`.
import { existsSync } from 'node:fs'
import { relative } from 'node:path'
import { parseArgs } from 'node:util'
import { replaceFile } from '../../text-file.ts'
import { parse } from '../../settings.ts'
import type { Finding } from '../../finding.ts'
import { findSecrets } from '../../run.ts'
import { ScanError } from '../../scan-error.ts'
import { readText } from '../../text-file.ts'
import { version } from '../../report/version.ts'
import { inRepository, trackedFiles } from '../tracked.ts'
import { emptyBaseline, parseBaseline, updated, writeBaseline, type Baseline } from './baseline.ts'
import { excludedBy, excludePart, filtersOf } from './filters.ts'
import { pluginOf } from './plugins.ts'

export const scanOptions = {
  baseline: { type: 'string' },
  update: { type: 'string' },
  'all-files': { type: 'boolean', short: 'a' },
  string: { type: 'string' },
  'exclude-files': { type: 'string', multiple: true },
  'exclude-lines': { type: 'string', multiple: true },
  'exclude-secrets': { type: 'string', multiple: true },
  'disable-plugin': { type: 'string', multiple: true },
  'disable-filter': { type: 'string', short: 'f', multiple: true },
  'force-use-all-plugins': { type: 'boolean' },
  'only-allowlisted': { type: 'boolean' },
  'only-verified': { type: 'boolean' },
  'no-verify': { type: 'boolean', short: 'n' },
  'list-all-plugins': { type: 'boolean' },
  'base64-limit': { type: 'string' },
  'hex-limit': { type: 'string' },
  'word-list': { type: 'string' },
  plugin: { type: 'string', short: 'p', multiple: true },
  cores: { type: 'string', short: 'c' },
  root: { type: 'string', short: 'C' },
  slim: { type: 'boolean' },
  verbose: { type: 'boolean', short: 'v' },
  version: { type: 'boolean' },
  json: { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
} as const

export type Flags = ReturnType<typeof read>['values']
export const read = (argv: string[]) => parseArgs({ args: argv, options: scanOptions, allowPositionals: true })

const usage = `usage: detect-secrets {scan,audit} …   (as strongroom scan takes it)
${Object.keys(scanOptions).map((name) => `  --${name}`).join('\n')}
`

/** Returns the status: 0, or 2 for an error: a scan that finds secrets writes them into the baseline and succeeds. */
export async function run(argv: string[]): Promise<number> {
  if (argv[0] === 'audit') return (await import('./audit-command.ts')).run(argv.slice(1))
  try {
    const { values, positionals } = read(argv)
    if (values.version) process.stdout.write(`${version}\n`)
    else if (values.help || positionals[0] === undefined) process.stdout.write(usage)
    else if (positionals[0] !== 'scan') throw new ScanError(`argument action: invalid choice "${positionals[0].slice(0, 40)}"`)
    else await scan(values, positionals.slice(1))
    return 0
  } catch (error) {
    process.stderr.write(`detect-secrets: ${(error as Error).message}\n`)
    return 2
  }
}

async function scan(flags: Flags, paths: string[]): Promise<void> {
  if (flags.root !== undefined) process.chdir(flags.root)
  if (flags['list-all-plugins']) return void process.stdout.write(emptyBaseline().plugins_used.map((plugin) => `${String(plugin.name)}\n`).join(''))
  if (flags.string !== undefined) return scanString(flags.string)
  const file = flags.baseline ?? flags.update
  const old = baselineFor(flags, file)
  const findings = await findIn(old, await filesFor(flags, paths), file)
  const text = writeBaseline(updated(old, findings))
  if (file === undefined) process.stdout.write(text)
  else replaceFile(file, text)
}

/** The baseline of a file, or a new one, with the plugins and filters that the flags ask for. */
export function baselineFor(flags: Flags, file: string | undefined): Baseline {
  const baseline = file !== undefined && existsSync(file) ? parseBaseline(readText(file)) : emptyBaseline()
  const excluded = { files: flags['exclude-files'] ?? [], lines: flags['exclude-lines'] ?? [], secrets: flags['exclude-secrets'] ?? [] }
  baseline.filters_used = [...baseline.filters_used, ...filtersOf(excluded)]
  const without = new Set(flags['disable-plugin'])
  baseline.plugins_used = baseline.plugins_used.filter((plugin) => !without.has(String(plugin.name)))
  if (flags.slim) baseline.slim = true
  return baseline
}

async function filesFor(flags: Flags, paths: string[]): Promise<string[]> {
  if (flags['all-files'] || !(await inRepository())) return paths.length > 0 ? paths : ['.']
  return trackedFiles(paths)
}

/** Findings in the files, without the baseline's own. */
export async function findIn(baseline: Baseline, files: string[], own?: string): Promise<Finding[]> {
  if (files.length === 0) return []
  const skipped = new Set(['.secrets.baseline', ...(own === undefined ? [] : [relative('.', own)])])
  const { findings } = await findSecrets(parse(['--no-config']).values, files, [excludePart(excludedBy(baseline.filters_used))])
  return findings.filter((finding) => !skipped.has(finding.file))
}

async function scanString(text: string): Promise<void> {
  const { openScanner } = await import('../../run.ts')
  const { prepare } = await import('../../setup.ts')
  const { Text } = await import('../../match/text.ts')
  const scanner = await openScanner(parse([]).values, await prepare({}))
  const found = new Set(scanner.scan(new Text(Buffer.from(text)), { path: '' }).map((finding) => pluginOf(finding.rule).name))
  for (const { name } of emptyBaseline().plugins_used) process.stdout.write(`${String(name).padEnd(25)}: ${found.has(String(name)) ? 'True' : 'False'}\n`)
}
