// Password policies: a length and character sets, some with a minimum. Every password that fulfils the policy is
// equally likely: candidates are drawn without bias and redrawn until one does.
// https://openbao.org/docs/concepts/password-policies
import { randomBytes } from 'node:crypto'
import { parseHcl, type HclBlock } from '../../hcl/index.ts'
import { Fault, invalid } from '../../kit/errors.ts'

export interface CharsetRule {
  charset: readonly string[]
  minChars: number
}

export interface PasswordPolicy {
  length: number
  /** The characters of all rules, each once. */
  charset: readonly string[]
  rules: readonly CharsetRule[]
}

const shortest = 4
const longest = 100
const widest = 256
const attempts = 20_000

/** The policy that is used where none is named. */
export const defaultPasswordPolicy = `length = 20
rule "charset" {
  charset = "abcdefghijklmnopqrstuvwxyz"
  min-chars = 1
}
rule "charset" {
  charset = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
  min-chars = 1
}
rule "charset" {
  charset = "0123456789"
  min-chars = 1
}
rule "charset" {
  charset = "-"
  min-chars = 1
}
`

/** Parses HCL or JSON; throws `invalid` for what could never be fulfilled, too. */
export function parsePasswordPolicy(text: string): PasswordPolicy {
  try {
    const body = parseHcl(text)
    const unknown = body.items.find((item) => item.keys[0] !== 'length' && item.keys[0] !== 'rule')
    if (unknown) throw invalid(`unknown key "${unknown.keys[0]}" on line ${unknown.line}`)
    const length = body.get('length') === undefined ? 0 : wholeNumber(body.get('length'), 'length')
    if (length < shortest || length > longest) throw invalid(`passwords must be between ${shortest} and ${longest} characters`)
    const rules = body.blocks('rule', 1).map(parseRule)
    if (rules.length === 0) throw invalid('at least one charset is required')
    const charset = [...new Set(rules.flatMap((rule) => rule.charset))]
    if (charset.length > widest) throw invalid(`charset is too long: ${charset.length} distinct characters, at most ${widest}`)
    if (rules.reduce((sum, rule) => sum + rule.minChars, 0) > length) throw invalid('the rules require more characters than the length allows')
    return { length, charset, rules }
  } catch (error) {
    if (error instanceof Fault) throw invalid(`invalid password policy: ${error.message}`)
    throw error
  }
}

function parseRule(block: HclBlock): CharsetRule {
  if (block.labels[0] !== 'charset') throw invalid(`unknown rule "${block.labels[0]}" on line ${block.line}`)
  const unknown = block.body.keys().find((key) => key !== 'charset' && key !== 'min-chars')
  if (unknown) throw invalid(`unknown key "${unknown}" in the rule on line ${block.line}`)
  const charset = block.body.get('charset')
  if (typeof charset !== 'string' || charset === '') throw invalid(`missing charset in the rule on line ${block.line}`)
  if (/[^\P{C}]|[\p{Zl}\p{Zp}]/u.test(charset)) throw invalid(`charset on line ${block.line} has a character that is not printable`)
  const minimum = block.body.get('min-chars')
  return { charset: [...new Set(charset)], minChars: minimum === undefined ? 0 : wholeNumber(minimum, 'min-chars') }
}

function wholeNumber(raw: unknown, name: string): number {
  const value = typeof raw === 'string' && /^\d+$/.test(raw) ? Number(raw) : raw
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 0) throw invalid(`${name} must be a whole number, not negative`)
  return value
}

/**
 * A password that fulfils the policy, from a cryptographic source. Throws `invalid` where chance does not find one
 * (a policy that demands nearly every character of the password).
 */
export function generatePassword(policy: PasswordPolicy, random: (bytes: number) => Uint8Array = randomBytes): string {
  for (let attempt = 0; attempt < attempts; attempt++) {
    const candidate = draw(policy, random)
    if (fulfils(policy, candidate)) return candidate.join('')
  }
  throw invalid('no password that fulfils the policy was found: its minimums leave too little to chance')
}

/** Bytes above the largest multiple of the character count are thrown away, so that no character is likelier. */
function draw({ charset, length }: PasswordPolicy, random: (bytes: number) => Uint8Array): string[] {
  const limit = 256 - (256 % charset.length)
  const drawn: string[] = []
  while (drawn.length < length) {
    for (const byte of random(length * 2)) {
      if (byte < limit && drawn.length < length) drawn.push(charset[byte % charset.length]!)
    }
  }
  return drawn
}

const fulfils = ({ rules }: PasswordPolicy, candidate: readonly string[]): boolean =>
  rules.every(({ charset, minChars }) => minChars === 0 || candidate.filter((character) => charset.includes(character)).length >= minChars)
