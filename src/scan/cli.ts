// `strongroom scan`: reads its arguments and runs one scan. Loads neither the server nor any dependency.
import { parseArgs } from 'node:util'

const usage = `Usage: strongroom scan [PATH...] | git [REPOSITORY] | -

  scan [PATH...]        files and folders (default: the working directory)
  scan git [REPO]       the whole history; --since, --range limit it
  scan --staged         what the next commit would add
  scan -                standard input; a patch is recognised

  --format FORMAT       text (default), json, jsonl
  --output FILE         write the report there
  --no-redact           show the secrets
  --exit-code N         status when something was found (default 1)
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
  gitignore: { type: 'boolean', default: false },
  rules: { type: 'string', multiple: true },
  staged: { type: 'boolean', default: false },
  range: { type: 'string' },
  since: { type: 'string' },
  strict: { type: 'boolean', default: false },
  threads: { type: 'string' },
  quiet: { type: 'boolean', short: 'q', default: false },
  help: { type: 'boolean', short: 'h', default: false },
} as const

export type Settings = ReturnType<typeof parse>['values']
const parse = (argv: string[]) => parseArgs({ args: argv, options, allowPositionals: true })

/** Runs `scan` with the arguments that follow the word; returns the exit status: 0 clean, 1 (or `--exit-code`) findings, 2 error. */
export async function run(argv: string[]): Promise<number> {
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
  const { runScan } = await import('./run.ts')
  return runScan(parsed.values, parsed.positionals)
}
