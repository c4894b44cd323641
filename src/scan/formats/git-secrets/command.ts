// The command line of git-secrets (https://github.com/awslabs/git-secrets#options): linked as `git-secrets` it serves `git secrets`.
import { parseArgs } from 'node:util'
import { parse, type Settings } from '../../settings.ts'
import type { Finding } from '../../finding.ts'
import { installHook } from '../../hooks/install.ts'
import { redacted } from '../../report/redact.ts'
import { findSecrets } from '../../run.ts'
import { ScanError } from '../../scan-error.ts'
import { askGit } from '../../sources/git.ts'
import { trackedFiles } from '../tracked.ts'
import { awsCredentials, awsPatterns, configured, configuredPatterns, patternsPart } from './patterns.ts'

const options = {
  scan: { type: 'boolean' },
  'scan-history': { type: 'boolean' },
  install: { type: 'boolean' },
  list: { type: 'boolean' },
  add: { type: 'boolean' },
  'add-provider': { type: 'boolean' },
  'register-aws': { type: 'boolean' },
  'aws-provider': { type: 'boolean' },
  pre_commit_hook: { type: 'boolean' },
  commit_msg_hook: { type: 'boolean' },
  prepare_commit_msg_hook: { type: 'boolean' },
  recursive: { type: 'boolean', short: 'r' },
  cached: { type: 'boolean' },
  'no-index': { type: 'boolean' },
  untracked: { type: 'boolean' },
  global: { type: 'boolean' },
  force: { type: 'boolean', short: 'f' },
  literal: { type: 'boolean', short: 'l' },
  allowed: { type: 'boolean', short: 'a' },
  help: { type: 'boolean', short: 'h' },
} as const

type Flags = ReturnType<typeof read>['values']
const read = (argv: string[]) => parseArgs({ args: argv, options, allowPositionals: true })
const usage = `usage: git secrets --scan [-r|--recursive] [--cached] [--no-index] [--untracked] [<files>...]
       git secrets --scan-history | --install [-f] [<target>] | --list | --add [-a] [-l] <pattern>
       git secrets --add-provider <command> [arguments...] | --register-aws | --aws-provider [<file>]
`

/** Returns the status: 0 clean or done, 1 prohibited text was found or an error. */
export async function run(argv: string[]): Promise<number> {
  try {
    const { values, positionals } = read(argv)
    return await act(values, positionals)
  } catch (error) {
    process.stderr.write(`git secrets: ${(error as Error).message}\n`)
    return 1
  }
}

async function act(flags: Flags, words: string[]): Promise<number> {
  if (flags.scan) return scanFiles(flags, words)
  if (flags['scan-history']) return scan({}, ['git', '.'])
  if (flags.pre_commit_hook) return scan({ staged: true }, [])
  if (flags.commit_msg_hook || flags.prepare_commit_msg_hook) return words[0] ? scan({}, [words[0]]) : 0
  if (flags.install) return install(flags, words)
  if (flags.list) return list(flags)
  if (flags['register-aws']) return registerAws(flags)
  if (flags['aws-provider']) {
    process.stdout.write(awsCredentials(words[0]).map((line) => `${line}\n`).join(''))
    return 0
  }
  if (flags.add || flags['add-provider']) return add(flags, words)
  process.stdout.write(usage)
  return flags.help ? 0 : 1
}

async function scanFiles(flags: Flags, words: string[]): Promise<number> {
  if (words[0] === '-') return scan({}, ['-'])
  if (flags['no-index'] || flags.recursive) return scan({}, words.length > 0 ? words : ['.'])
  const files = await trackedFiles(words, flags.untracked ? ['--cached', '--others', '--exclude-standard'] : [])
  return files.length > 0 ? scan({}, files) : 0
}

async function scan(settings: Partial<Settings>, positionals: string[]): Promise<number> {
  const { findings } = await findSecrets({ ...parse(['--no-config', '--quiet']).values, ...settings }, positionals, [patternsPart(await configuredPatterns())])
  for (const finding of findings) process.stderr.write(lineOf(redacted(finding)))
  if (findings.length === 0) return 0
  process.stderr.write('\n[ERROR] Matched one or more prohibited patterns\n\nPossible mitigations:\n' +
    '- Mark false positives as allowed using: git config --add secrets.allowed ...\n- List your configured patterns: git config --get-all secrets.patterns\n- Use --no-verify if this is a one-time false positive\n')
  return 1
}

const lineOf = (finding: Finding): string => `${finding.commit ? `${finding.commit.id}:` : ''}${finding.file}:${finding.line}:${finding.match.replaceAll('\n', ' ')} [${finding.rule}]\n`

const hooks = ['commit-msg', 'pre-commit', 'prepare-commit-msg'] as const

async function install(flags: Flags, words: string[]): Promise<number> {
  for (const hook of hooks) {
    const file = await installHook(hook, { repository: words[0] ?? '.', command: ['git', 'secrets', `--${hook.replaceAll('-', '_')}_hook`, '--'] })
    process.stdout.write(`Installed ${hook} hook to ${file}\n`)
  }
  return 0
}

const scope = (flags: Flags): string[] => (flags.global ? ['--global'] : [])

async function list(flags: Flags): Promise<number> {
  try {
    process.stdout.write(await askGit('.', ['config', ...scope(flags), '--get-regexp', '^secrets\\.']))
  } catch {
    return 1
  }
  return 0
}

async function addValue(flags: Flags, key: string, value: string): Promise<void> {
  if (!(await configured(key)).includes(value)) await askGit('.', ['config', ...scope(flags), '--add', key, value])
}

async function registerAws(flags: Flags): Promise<number> {
  await addValue(flags, 'secrets.providers', 'git secrets --aws-provider')
  for (const pattern of awsPatterns.prohibited) await addValue(flags, 'secrets.patterns', pattern)
  for (const pattern of awsPatterns.allowed) await addValue(flags, 'secrets.allowed', pattern)
  process.stdout.write('OK\n')
  return 0
}

async function add(flags: Flags, words: string[]): Promise<number> {
  if (words.length === 0) throw new ScanError('what to add is missing')
  if (flags['add-provider']) await addValue(flags, 'secrets.providers', words.join(' '))
  else {
    const pattern = flags.literal ? words[0]!.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&') : words[0]!
    patternsPart({ prohibited: [pattern], allowed: [] })
    await addValue(flags, flags.allowed ? 'secrets.allowed' : 'secrets.patterns', pattern)
  }
  return 0
}
