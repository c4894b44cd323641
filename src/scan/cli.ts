// `strongroom scan`: reads its arguments and runs one scan. Loads neither the server nor any dependency.
import { parseArgs } from 'node:util'

const usage = `Usage: strongroom scan [PATH...] | git [REPOSITORY] | -

  scan [PATH...]        files and folders (default: the working directory)
  scan git [REPO]       the whole history; --since, --range limit it
  scan --staged         what the next commit would add; --unstaged: what it leaves out
  scan -                standard input; a patch is recognised

  scan audit FILE       goes through a .secrets.baseline; --report, --stats
  scan install          sets up a hook: --pre-commit, --pre-push, --pre-receive
  scan compat TOOL ...  takes the arguments of gitleaks, detect-secrets, git-secrets, trufflehog

  --format FORMAT       text (default), json, jsonl, sarif, csv, junit, github, gitlab, gitleaks, detect-secrets
  --template FILE       a template of your own instead
  --output FILE         write the report there
  --no-redact           show the secrets
  --exit-code N         status when something was found (default 1)
  --config FILE         a .gitleaks.toml; one in the working directory counts on top of our rules
  --no-config           not even that
  --baseline FILE       leave out what it holds: ours, .secrets.baseline or a report of gitleaks
  --write-baseline FILE write what was found there
  --fingerprint-key FILE  make fingerprints with this key, so that weak secrets cannot be guessed from them
  --update FILE         bring a .secrets.baseline up to date
  --gitignore           leave out what .gitignore names
  --rules ID,...        only these rules
  --strict              status 2 when something could not be read
  --threads N           worker threads for folders
  -q, --quiet           neither progress nor warnings
`

const options = {
  format: { type: 'string', short: 'f', default: 'text' },
  output: { type: 'string', short: 'o' },
  'no-redact': { type: 'boolean', default: false },
  'exit-code': { type: 'string', default: '1' },
  template: { type: 'string' },
  config: { type: 'string' },
  'no-config': { type: 'boolean', default: false },
  baseline: { type: 'string' },
  'write-baseline': { type: 'string' },
  'fingerprint-key': { type: 'string' },
  update: { type: 'string' },
  gitignore: { type: 'boolean', default: false },
  rules: { type: 'string', multiple: true },
  staged: { type: 'boolean', default: false },
  unstaged: { type: 'boolean', default: false },
  range: { type: 'string' },
  since: { type: 'string' },
  strict: { type: 'boolean', default: false },
  threads: { type: 'string' },
  quiet: { type: 'boolean', short: 'q', default: false },
  help: { type: 'boolean', short: 'h', default: false },
} as const

type Parsed = ReturnType<typeof parse>['values']
/** What was asked for; what was not is undefined unless it has a default. */
export type Settings = { [Name in keyof Parsed]: Parsed[Name] | (object extends Pick<Parsed, Name> ? undefined : never) }
/** Reads the arguments of `scan`; throws for what is none. */
export const parse = (argv: string[]) => parseArgs({ args: argv, options, allowPositionals: true })

/** Words that are no path but a command of their own, which reads its arguments itself. */
const commands: Record<string, () => Promise<{ run(argv: string[]): Promise<number> }>> = {
  audit: () => import('./formats/detect-secrets/audit-command.ts'),
  compat: () => import('./formats/compat.ts'),
  hook: () => import('./hooks/hook-command.ts'),
  install: () => import('./hooks/command.ts'),
  uninstall: () => import('./hooks/uninstall-command.ts'),
}

/** Runs `scan` with the arguments that follow the word; returns the exit status: 0 clean, 1 (or `--exit-code`) findings, 2 error. */
export async function run(argv: string[]): Promise<number> {
  const command = argv[0] !== undefined && Object.hasOwn(commands, argv[0]) ? commands[argv[0]] : undefined
  if (command) return (await command()).run(argv.slice(1))
  let parsed
  try {
    parsed = parse(argv)
  } catch (error) {
    process.stderr.write(`strongroom scan: ${(error as Error).message}\n\n${usage}`)
    return 2
  }
  if (parsed.values.help) {
    process.stdout.write(usage)
    return 0
  }
  if (parsed.values.update) return (await import('./formats/detect-secrets/update.ts')).run(parsed.values, parsed.positionals)
  const { runScan } = await import('./run.ts')
  return runScan(parsed.values, parsed.positionals)
}
