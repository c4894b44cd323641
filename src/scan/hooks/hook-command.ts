// What a hook runs: `strongroom scan hook NAME`.
import { readFileSync } from 'node:fs'
import { parse } from '../settings.ts'
import type { Finding } from '../finding.ts'
import { redacted } from '../report/redact.ts'
import { formatText } from '../report/text.ts'
import { findSecrets } from '../run.ts'
import { findEnvironmentFiles } from './environment-file.ts'

const advice = `
Take the secret out (keep it in the store or the environment), and rotate it if it was ever shared.
Where this is no secret: a comment \`strongroom:allow\` in its line, or a baseline
(\`strongroom scan --write-baseline .strongroom-baseline.json\`).
`

/** Returns the exit status: 0 lets Git go on, 1 stops it for a secret, 2 for an error. */
export async function run([hook = '', ...args]: string[]): Promise<number> {
  try {
    const findings = await findFor(hook, args)
    if (findings.length === 0) return 0
    process.stderr.write(`${hook}: ${findings.length === 1 ? 'a secret' : `${findings.length} secrets`} found\n\n${formatText(findings.map(redacted))}${advice}`)
    return 1
  } catch (error) {
    process.stderr.write(`strongroom scan hook: ${(error as Error).message}\n`)
    return 2
  }
}

async function findFor(hook: string, args: string[]): Promise<Finding[]> {
  const settings = { ...parse(['--quiet']).values, baseline: ownBaseline() }
  if (hook === 'pre-commit') return [...(await findSecrets({ ...settings, staged: true }, [])).findings, ...(await findEnvironmentFiles())]
  const ranges = rangesOf(hook, readFileSync(0, 'utf8'), args[0] ?? 'origin')
  const findings: Finding[] = []
  for (const range of ranges) findings.push(...(await findSecrets({ ...settings, range }, ['git', '.'])).findings)
  return findings
}

function ownBaseline(): string | undefined {
  for (const file of ['.strongroom-baseline.json', '.secrets.baseline']) {
    try {
      readFileSync(file)
      return file
    } catch {
      continue
    }
  }
  return undefined
}

const isNone = (id: string): boolean => /^0+$/.test(id)

/**
 * The commits that a push brings, as `git log` takes them. Lines are `<local ref> <local id> <remote ref> <remote id>` before a push
 * and `<old id> <new id> <ref>` where it is received (https://git-scm.com/docs/githooks).
 */
export function rangesOf(hook: string, input: string, remote: string): string[] {
  const ranges: string[] = []
  for (const line of input.split('\n')) {
    const words = line.trim().split(' ')
    const [old, fresh] = hook === 'pre-receive' ? [words[0], words[1]] : [words[3], words[1]]
    if (!old || !fresh || !/^[\da-f]{40,64}$/.test(old) || !/^[\da-f]{40,64}$/.test(fresh) || isNone(fresh)) continue
    if (!isNone(old)) ranges.push(`${old}..${fresh}`)
    else ranges.push(hook === 'pre-receive' ? `${fresh} --not --all` : `${fresh} --not --remotes=${remote.replace(/[^\w./-]/g, '*')}`)
  }
  return ranges
}
