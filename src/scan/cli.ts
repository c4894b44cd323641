// `strongroom scan`: reads its arguments and runs one scan. Loads neither the server nor any dependency.
import type { Known } from './known/index.ts'
import { parse } from './settings.ts'

export type { Settings } from './settings.ts'

const usage = `Usage: strongroom scan [PATH...] | git [REPOSITORY] | -

  scan [PATH...]        files and folders (default: the working directory)
  scan git [REPO]       the whole history; --since, --range limit it
  scan --staged         what the next commit would add; --unstaged: what it leaves out
  scan -                standard input; a patch is recognised

  scan --image FILE     an image of a container: docker save, or a folder in the OCI layout
  scan github OWNER/REPO, gitlab GROUP/PROJECT, bitbucket WORKSPACE/REPO   commits over the API; --endpoint, --limit
  scan s3://BUCKET/PREFIX  a bucket; --endpoint for one that is not of AWS
  scan audit FILE       goes through a .secrets.baseline; --report, --stats
  scan explain FINGERPRINT [PATH...]  why it was found, how to allow it, what to do
  scan revoke FINGERPRINT [PATH...] | -  asks the provider to take the key back; --yes does not ask you first
  scan install          sets up a hook: --pre-commit, --pre-push, --pre-receive
  scan compat TOOL ...  takes the arguments of gitleaks, detect-secrets, git-secrets, trufflehog

  --format FORMAT       text (default), json, jsonl, sarif, csv, junit, github, gitlab, gitleaks, detect-secrets
  --template FILE       a template of your own instead
  --output FILE         write the report there
  --no-redact           show the secrets
  --exit-code N         status when something was found (default 1)
  --config FILE         a .gitleaks.toml; one in the working directory counts on top of our rules
  --no-config           not even that
  --cache FILE          remember which blobs of the history were scanned; the next scan reads only new ones
  --known [FILE]        find the secrets of your store by their keyed fingerprints, in clear, Base64, hex and percent;
                        without a file the server at VAULT_ADDR is asked (scan known FILE [KEYFILE] saves them)
  --known-key FILE      the key to these fingerprints, which the store gives apart from them
  --baseline FILE       leave out what it holds: ours, .secrets.baseline or a report of gitleaks
  --write-baseline FILE write what was found there
  --fingerprint-key FILE  make fingerprints with this key, so that weak secrets cannot be guessed from them
  --update FILE         bring a .secrets.baseline up to date
  --verify              ask the providers whether the keys are live; never addresses inside the network
  --verify-endpoint NAME=URL, --verify-allow CIDR  for a provider of one's own
  --archives DEPTH      unpack the archives in folders and in the history, one in another to this depth
  --binary              texts within binary files, such as dumps of memory
  --gitignore           leave out what .gitignore names
  --rules ID,...        only these rules
  --strict              status 2 when something could not be read
  --threads N           worker threads for folders
  -q, --quiet           neither progress nor warnings
`

/** Words that are no path but a command of their own, which reads its arguments itself. */
const commands: Record<string, () => Promise<{ run(argv: string[]): Promise<number> }>> = {
  audit: () => import('./formats/detect-secrets/audit-command.ts'),
  explain: () => import('./explain.ts'),
  revoke: () => import('./revoke-command.ts'),
  compat: () => import('./formats/compat.ts'),
  hook: () => import('./hooks/hook-command.ts'),
  install: () => import('./hooks/command.ts'),
  uninstall: () => import('./hooks/uninstall-command.ts'),
}

/**
 * Runs `scan` with the arguments that follow the word; returns the exit status: 0 clean, 1 (or `--exit-code`) findings, 2 error.
 * `askStore` gets the fingerprints of the secrets of a store where `--known` names no file.
 */
export async function run(argv: string[], askStore?: () => Promise<Known>): Promise<number> {
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
  if (parsed.values.known !== '' || !askStore) return runScan(parsed.values, parsed.positionals)
  try {
    return await runScan({ ...parsed.values, fetched: await askStore() }, parsed.positionals)
  } catch (error) {
    process.stderr.write(`strongroom scan: --known: ${(error as Error).message}\n`)
    return 2
  }
}
