// Patterns that git-secrets keeps in Git's configuration (https://github.com/awslabs/git-secrets#options): prohibited, allowed,
// and commands that print prohibited ones.
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { LinearPattern } from '../../linear/index.ts'
import type { Finder } from '../../match/finder.ts'
import { readable } from '../../match/text.ts'
import type { Rule } from '../../rule.ts'
import { ScanError } from '../../scan-error.ts'
import type { Part } from '../../setup.ts'
import { askGit } from '../../sources/git.ts'

export interface Patterns {
  prohibited: string[]
  allowed: string[]
}

const quote = `("|')?`
const gap = String.raw`\s*(:|=>|=)\s*`

/** What `--register-aws` adds. */
export const awsPatterns: Patterns = {
  prohibited: [
    '(A3T[A-Z0-9]|AKIA|AGPA|AIDA|AROA|AIPA|ANPA|ANVA|ASIA)[A-Z0-9]{16}',
    String.raw`${quote}(AWS|aws|Aws)?_?(SECRET|secret|Secret)?_?(ACCESS|access|Access)?_?(KEY|key|Key)${quote}${gap}${quote}[A-Za-z0-9/\+=]{40}${quote}`,
    String.raw`${quote}(AWS|aws|Aws)?_?(ACCOUNT|account|Account)_?(ID|id|Id)?${quote}${gap}${quote}[0-9]{4}\-?[0-9]{4}\-?[0-9]{4}${quote}`,
  ],
  allowed: ['AKIA' + 'IOSFODNN7EXAMPLE', 'wJalrXUtnFEMI/' + 'K7MDENG/bPxRfiCYEXAMPLEKEY'],
}

/** All values of a key of Git's configuration. */
export async function configured(key: string): Promise<string[]> {
  try {
    return (await askGit('.', ['config', '--null', '--get-all', key])).toString('utf8').split('\0').filter((value) => value !== '')
  } catch {
    return []
  }
}

/** What the configuration of the repository and the user prohibits and allows, providers included. */
export async function configuredPatterns(): Promise<Patterns> {
  const prohibited = await configured('secrets.patterns')
  for (const command of await configured('secrets.providers')) prohibited.push(...provided(command))
  return { prohibited, allowed: await configured('secrets.allowed') }
}

const providerTime = 10_000
const mostPatterns = 5000

/** The lines that a provider prints; it is run without a shell. */
function provided(command: string): string[] {
  if (/^git secrets --aws-provider\b/.test(command)) return awsCredentials(command.split(/\s+/)[3])
  const [program, ...args] = command.split(/\s+/)
  const { stdout, status } = spawnSync(program!, args, { encoding: 'utf8', timeout: providerTime, maxBuffer: 1 << 20, stdio: ['ignore', 'pipe', 'ignore'] })
  if (status !== 0) throw new ScanError(`the provider "${program}" failed`)
  return stdout.split('\n').map((line) => line.trim()).filter((line) => line !== '').slice(0, mostPatterns)
}

/** The keys in a file of AWS credentials, as patterns that match just them. */
export function awsCredentials(file = join(homedir(), '.aws', 'credentials')): string[] {
  let text
  try {
    text = readFileSync(file, 'utf8')
  } catch {
    return []
  }
  const values = [...text.matchAll(/^\s*(?:aws_access_key_id|aws_secret_access_key|aws_session_token)\s*=\s*(\S+)/gm)].map((match) => match[1]!)
  return values.map((value) => value.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&'))
}

const rule: Rule = {
  id: 'git-secrets', about: 'A pattern that the configuration of git-secrets prohibits', source: 'https://github.com/awslabs/git-secrets',
  keywords: [], pattern: /(?!)/, confidence: 'medium', hits: [], misses: [],
}

/** Finds what is prohibited; lines that an allowed pattern matches (as `file:line:text`) are left out. Throws ScanError for a bad pattern. */
export function patternsPart(patterns: Patterns): Part {
  const prohibited = patterns.prohibited.map((source) => new LinearPattern(`(?m:${source})`))
  const allowed = patterns.allowed.map((source) => new LinearPattern(source))
  const finder: Finder = {
    find(text, _place, found) {
      const bytes = text.bytes.subarray(0, text.length)
      for (const pattern of prohibited) {
        for (const { start, end } of pattern.findAll(bytes)) found({ rule, secret: text.string.slice(start, end), start, end, matchStart: start, matchEnd: end, confidence: 'medium' })
      }
    },
  }
  return {
    finders: [finder],
    refuse: (finding, text, candidate) => {
      const line = readable(text.string.slice(text.lineStart(candidate.start), text.lineEnd(candidate.end)))
      return allowed.some((pattern) => pattern.test(`${finding.file}:${finding.line}:${line}`))
    },
  }
}
