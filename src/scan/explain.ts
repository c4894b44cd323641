// `strongroom scan explain FINGERPRINT [PATH… | git [REPOSITORY]]`: why it fired, which filters it passed, how to allow it
// narrowly, what to do.
import type { Finding } from './finding.ts'
import { randomness } from './generic/language.ts'
import { entropy } from './match/entropy.ts'
import { redact, redacted } from './report/redact.ts'
import type { Rule } from './rule.ts'
import { loadRules } from './rules.ts'
import { findSecrets } from './run.ts'
import { parse } from './settings.ts'
import { examine } from './verify/offline.ts'
import { providerOf } from './verify/index.ts'
import { planRevocation } from './verify/revoke.ts'

const shortest = 6

/** Returns the exit status: 0 explained, 1 not found, 2 error. */
export async function run(argv: string[]): Promise<number> {
  const [asked = '', ...rest] = argv
  if (!/^[\da-f]+$/.test(asked) || asked.length < shortest) {
    process.stderr.write(`strongroom scan explain: give the fingerprint of a finding, its first ${shortest} digits at least\n`)
    return 2
  }
  try {
    const { values, positionals } = parse(rest)
    const { findings } = await findSecrets(values, positionals)
    const found = findings.filter((finding) => finding.fingerprint.startsWith(asked))
    if (found.length === 0) {
      process.stderr.write('strongroom scan explain: not found here: name the paths, or `git` for the history\n')
      return 1
    }
    const rules = await loadRules()
    process.stdout.write(explain(found, rules.find((rule) => rule.id === found[0]!.rule)))
    return 0
  } catch (error) {
    process.stderr.write(`strongroom scan explain: ${(error as Error).message}\n`)
    return 2
  }
}

/** The explanation of findings of one secret. */
export function explain(found: Finding[], rule: Rule | undefined): string {
  const [first] = found as [Finding]
  return [
    `${first.about} [${first.rule}, ${first.confidence} confidence]`,
    `fingerprint ${first.fingerprint}`,
    '',
    'Where',
    ...found.slice(0, 20).map((finding) => `  ${finding.file}:${finding.line}:${finding.column}  ${redacted(finding).match.replaceAll('\n', '⏎').slice(0, 100)}${finding.commit ? `  (since ${finding.commit.id.slice(0, 12)} of ${finding.commit.date.slice(0, 10)} by ${finding.commit.author})` : ''}`),
    '',
    'Why it fired',
    ...reasons(first, rule).map((line) => `  ${line}`),
    '',
    'What to do',
    ...steps(found, first).map((line, n) => `  ${n + 1}. ${line}`),
    '',
    'If it is no secret, allow just this',
    ...allowances(first).map((line) => `  - ${line}`),
    '',
  ].join('\n')
}

function reasons(finding: Finding, rule: Rule | undefined): string[] {
  const { secret } = finding
  const lines = [`secret: ${redact(secret)}, ${entropy(secret).toFixed(2)} bits of entropy per character`]
  if (!rule) return [...lines, 'found by a rule of a configuration']
  if (rule.generic) lines.push(`judged by its name and value: no reference, mask, example or hash; about ${Math.round(randomness(secret.slice(0, 256)))} bits that words do not explain`)
  if (rule.keywords.length > 0) lines.push(`keyword: ${rule.keywords.slice(0, 8).join(', ')}`, `pattern: ${rule.pattern.source.slice(0, 300)}`)
  if (rule.entropy !== undefined) lines.push(`passed: entropy of ${rule.entropy} or more`)
  if (rule.check) lines.push('passed: checksum or structure of the format')
  for (const companion of rule.companions ?? []) lines.push(`${companion.required ? 'passed' : 'raises the confidence'}: stands within ${companion.within} lines of ${companion.pattern.source.slice(0, 80)}`)
  if (finding.decoded) lines.push(`found inside ${finding.decoded.join(' in ')}`)
  const { facts, plausible } = examine(finding, Date.now() / 1000)
  for (const [name, value] of Object.entries({ ...facts, ...finding.facts })) lines.push(`${name}: ${value}`)
  if (!plausible) lines.push('it has ended or cannot work')
  return [...lines, `documentation: ${rule.source}`]
}

function steps(found: Finding[], first: Finding): string[] {
  const provider = providerOf(first.rule)
  const file = first.file.includes('!/') ? first.file.split('!/')[0]! : first.file
  const place = first.commit ? 'git' : file
  return [
    `Rotate it first: whoever has seen the text has the secret.${provider ? ` ${provider.name}: ${provider.revoke.docs}` : ''}`,
    ...(planRevocation(first, found) ? [`End the old one: strongroom scan revoke ${first.fingerprint} ${place}`] : []),
    'Put the new one into the store and let the program read it from there: strongroom kv put secret/PATH NAME=-',
    `Check that the old one is dead: strongroom scan --verify ${file}`,
    `Take it out of the file${found.length > 1 ? 's' : ''}; look at the logs of the provider for use by others.`,
    ...(found.some((finding) => finding.commit) ? ['Only then, if at all, rewrite history: git filter-repo --replace-text FILE, where FILE holds the old value; then git push --force --all, and everybody clones anew.'] : []),
  ]
}

const allowances = (finding: Finding): string[] => [
  'a comment in its line: strongroom:allow',
  `in .strongroom-scan.yaml: allow: { fingerprints: [${finding.fingerprint}] }`,
  `in .gitleaksignore: ${finding.fingerprint}`,
  'a baseline of all that is known now: strongroom scan --write-baseline .strongroom-baseline.json, then --baseline',
]
