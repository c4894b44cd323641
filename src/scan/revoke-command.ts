// `strongroom scan revoke FINGERPRINT [PATH… | git [REPOSITORY]]` or `revoke -`: asks the provider to take a found key back.
// The key comes from where it was found, or from standard input; never from the arguments, which others can see.
import { createInterface } from 'node:readline/promises'
import type { Finding } from './finding.ts'
import { findSecrets } from './run.ts'
import { parse, type Settings } from './settings.ts'
import { providerOf, verifyOptions } from './verify/index.ts'
import { planRevocation, revoke, type Plan } from './verify/revoke.ts'

const usage = `Usage: strongroom scan revoke FINGERPRINT [PATH... | git [REPOSITORY]]   the key of that fingerprint, found there
       strongroom scan revoke -                                       every key in standard input

  --yes                                            do not ask first
  --verify-endpoint NAME=URL, --verify-allow CIDR  for a provider of one's own
`
const shortest = 6

/** Returns the exit status: 0 revoked, 1 nothing found or declined, 2 error, or the provider offers no revocation. */
export async function run(argv: string[]): Promise<number> {
  const [asked = '', ...rest] = argv.filter((word) => word !== '--yes')
  if (asked !== '-' && (!/^[\da-f]+$/.test(asked) || asked.length < shortest)) {
    process.stderr.write(`strongroom scan revoke: give the fingerprint of a finding, its first ${shortest} digits at least, or - and the key on standard input\n\n${usage}`)
    return 2
  }
  try {
    const { values, positionals } = parse(rest)
    const { findings } = await findSecrets(values, asked === '-' ? ['-'] : positionals)
    const wanted = distinct(asked === '-' ? findings : findings.filter((finding) => finding.fingerprint.startsWith(asked)))
    if (wanted.length === 0) return told(1, asked === '-' ? 'no key of a known form in standard input' : 'not found here: name the paths, or `git` for the history')
    return await revokeAll(wanted, findings, values, argv.includes('--yes'))
  } catch (error) {
    return told(2, (error as Error).message)
  }
}

async function revokeAll(wanted: Finding[], all: Finding[], settings: Settings, sure: boolean): Promise<number> {
  const options = verifyOptions(settings)
  let status = 0
  const asked = new Set<string>()
  for (const finding of wanted) {
    const plan = planRevocation(finding, all, options)
    if (!plan) {
      const docs = providerOf(finding.rule)?.revoke.docs
      status = told(2, `${finding.about} [${finding.fingerprint}]: ${docs ? `revoke it by hand: ${docs}` : 'its provider offers no revocation that we know of'}`)
      continue
    }
    const request = `${plan.request.url} ${plan.request.body ?? ''}`
    if (asked.has(request)) continue
    asked.add(request)
    if (!sure && !(await confirmed(finding, plan))) status = Math.max(status, told(1, `${finding.about} [${finding.fingerprint}]: left as it is`))
    else {
      await revoke(plan, options)
      process.stdout.write(`${plan.provider}: ${finding.about} [${finding.fingerprint}] is revoked\n`)
    }
  }
  return status
}

/** One finding for each secret. */
const distinct = (findings: Finding[]): Finding[] => [...new Map(findings.map((finding) => [`${finding.rule} ${finding.secret}`, finding])).values()]

async function confirmed({ about, fingerprint, file, line }: Finding, { provider, docs }: Plan): Promise<boolean> {
  if (!process.stdin.isTTY) throw new Error('there is no terminal to ask: add --yes')
  const lines = createInterface({ input: process.stdin, output: process.stderr })
  try {
    const answer = await lines.question(`${about} [${fingerprint}] of ${file}:${line}\n${provider} ends it for good, whoever uses it (${docs}). Revoke it? [y/N] `)
    return /^y(?:es)?$/i.test(answer.trim())
  } finally {
    lines.close()
  }
}

function told(status: number, message: string): number {
  process.stderr.write(`strongroom scan revoke: ${message}\n`)
  return status
}
