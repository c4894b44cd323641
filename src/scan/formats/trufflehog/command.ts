// The command lines of TruffleHog: version 2 (`trufflehog --regex --entropy=True URL`) and 3 (`trufflehog git URL`,
// `trufflehog filesystem PATH…`; https://github.com/trufflesecurity/trufflehog#usage).
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { parse, type Settings } from '../../settings.ts'
import type { Finding } from '../../finding.ts'
import { redacted } from '../../report/redact.ts'
import { formatText } from '../../report/text.ts'
import { version } from '../../report/version.ts'
import { findSecrets } from '../../run.ts'
import { ScanError } from '../../scan-error.ts'
import { askGit } from '../../sources/git.ts'

const options = {
  regex: { type: 'boolean' },
  entropy: { type: 'string' },
  rules: { type: 'string' },
  json: { type: 'boolean', short: 'j' },
  since_commit: { type: 'string' },
  'since-commit': { type: 'string' },
  max_depth: { type: 'string' },
  'max-depth': { type: 'string' },
  branch: { type: 'string' },
  repo_path: { type: 'string' },
  cleanup: { type: 'boolean' },
  allow: { type: 'string' },
  include_paths: { type: 'string', short: 'i' },
  exclude_paths: { type: 'string', short: 'x' },
  directory: { type: 'string', multiple: true },
  'only-verified': { type: 'boolean' },
  'no-verification': { type: 'boolean' },
  results: { type: 'string' },
  fail: { type: 'boolean' },
  'no-update': { type: 'boolean' },
  'no-color': { type: 'boolean' },
  'no-redact': { type: 'boolean' },
  concurrency: { type: 'string' },
  'log-level': { type: 'string' },
  help: { type: 'boolean', short: 'h' },
  version: { type: 'boolean' },
} as const

type Flags = ReturnType<typeof read>['values']
const read = (argv: string[]) => parseArgs({ args: argv, options, allowPositionals: true })
const usage = `usage: trufflehog [git | filesystem | stdin] [flags] TARGET…   (as strongroom scan takes it)
${Object.keys(options).map((name) => `  --${name}`).join('\n')}
`
const foundInVersion3 = 183

/** Returns the status: version 2 ends with 1 when something was found, version 3 with 183 if asked by `--fail`. */
export async function run(argv: string[]): Promise<number> {
  try {
    const { values, positionals } = read(argv)
    if (values.version) process.stdout.write(`trufflehog ${version} (strongroom)\n`)
    else if (values.help || (positionals.length === 0 && !values.repo_path)) process.stdout.write(usage)
    else return await scan(values, positionals)
    return 0
  } catch (error) {
    process.stderr.write(`trufflehog: ${(error as Error).message}\n`)
    return 1
  }
}

async function scan(flags: Flags, words: string[]): Promise<number> {
  const [first = '', ...rest] = words
  const modern = ['git', 'filesystem', 'stdin'].includes(first)
  const base: Settings = { ...parse(['--no-config', '--quiet']).values }
  const since = flags.since_commit ?? flags['since-commit']
  const range = since ? { range: `${since}..${flags.branch ?? 'HEAD'}` } : flags.branch ? { range: flags.branch } : {}
  let findings: Finding[]
  if (first === 'filesystem') findings = (await findSecrets(base, [...rest, ...(flags.directory ?? [])])).findings
  else if (first === 'stdin') findings = (await findSecrets(base, ['-'])).findings
  else findings = await withRepository(flags.repo_path ?? (modern ? rest[0] : first) ?? '.', async (folder) => (await findSecrets({ ...base, ...range }, ['git', folder])).findings)
  const shown = flags['no-redact'] ? findings : findings.map(redacted)
  process.stdout.write(flags.json ? shown.map((finding) => JSON.stringify(modern ? recordOf(finding) : oldRecordOf(finding)) + '\n').join('') : formatText(shown))
  if (findings.length === 0) return 0
  return modern ? (flags.fail ? foundInVersion3 : 0) : 1
}

/** Calls `use` with a folder that holds the repository; one from elsewhere is cloned and removed afterwards. */
async function withRepository<T>(target: string, use: (folder: string) => Promise<T>): Promise<T> {
  if (target.startsWith('file://')) return use(fileURLToPath(target))
  if (!/^(?:https?|ssh|git):\/\/|^[\w.-]+@[\w.-]+:/.test(target)) return use(target)
  if (target.startsWith('-')) throw new ScanError('bad address')
  const folder = mkdtempSync(join(tmpdir(), 'strongroom-scan-'))
  try {
    await askGit('.', ['clone', '--quiet', '--bare', '--', target, folder])
    return await use(folder)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

const recordOf = (finding: Finding): object => ({
  SourceMetadata: {
    Data: finding.commit
      ? { Git: { commit: finding.commit.id, file: finding.file, email: `${finding.commit.author} <${finding.commit.email}>`, timestamp: finding.commit.date, line: finding.line } }
      : { Filesystem: { file: finding.file, line: finding.line } },
  },
  SourceName: finding.commit ? 'trufflehog - git' : 'trufflehog - filesystem',
  DetectorName: finding.rule,
  DetectorDescription: finding.about,
  DecoderName: finding.decoded?.[0]?.toUpperCase() ?? 'PLAIN',
  Verified: finding.verified === true,
  Raw: finding.secret,
  Redacted: finding.secret,
})

const oldRecordOf = (finding: Finding): object => ({
  branch: '', commit: finding.commit?.message ?? '', commitHash: finding.commit?.id ?? '', date: finding.commit?.date ?? '',
  diff: finding.match, path: finding.file, printDiff: finding.match, reason: finding.about, stringsFound: [finding.secret],
})
