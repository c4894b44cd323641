// From words to flags and arguments. `-flag value`, `-flag=value` and `--flag` alike, before and after the arguments;
// a switch takes no second word; `--` ends the flags; a lone `-` is an argument.
import type { Command, Flag, Flags } from './command.ts'
import { formats } from './output.ts'
import { UsageError } from './usage.ts'

/** Every command understands these, unless it is local. */
export const connectionFlags: Flags = {
  address: { kind: 'text', about: 'Address of the server (VAULT_ADDR).' },
  'agent-address': { kind: 'text', about: 'Address of an agent (VAULT_AGENT_ADDR).', hidden: true },
  'ca-cert': { kind: 'text', about: 'File with the PEM certificates of the authorities to trust (VAULT_CACERT).' },
  'ca-path': { kind: 'text', about: 'Folder with such files (VAULT_CAPATH).' },
  'client-cert': { kind: 'text', about: 'File with the client certificate (VAULT_CLIENT_CERT).' },
  'client-key': { kind: 'text', about: 'File with its key (VAULT_CLIENT_KEY).' },
  'disable-redirects': { kind: 'boolean', about: 'Do not follow redirects (VAULT_DISABLE_REDIRECTS).' },
  header: { kind: 'map', about: 'A header to send, name=value; may be repeated.' },
  mfa: { kind: 'list', about: 'MFA credentials, METHOD_ID[:PASSCODE]; may be repeated (VAULT_MFA).' },
  namespace: { kind: 'text', about: 'Namespace of the request (VAULT_NAMESPACE).', aliases: ['ns'] },
  'output-curl-string': { kind: 'boolean', about: 'Print the request as a curl command instead of sending it.' },
  'output-policy': { kind: 'boolean', about: 'Print the policy that the request needs instead of sending it.' },
  'policy-override': { kind: 'boolean', about: 'Override a soft-mandatory policy.', hidden: true },
  'tls-server-name': { kind: 'text', about: 'Name to expect in the certificate (VAULT_TLS_SERVER_NAME).' },
  'tls-skip-verify': { kind: 'boolean', about: 'Do not verify the certificate (VAULT_SKIP_VERIFY).' },
  'unlock-key': { kind: 'text', about: 'Key to unlock a namespace.', hidden: true },
  'wrap-ttl': { kind: 'text', about: 'Ask for a wrapped answer with this TTL (VAULT_WRAP_TTL).' },
}

export const outputFlags: Flags = {
  field: { kind: 'text', about: 'Print only this field, without formatting.' },
  format: { kind: 'text', about: 'table, json, yaml, pretty or raw (VAULT_FORMAT).', aliases: ['output'], words: formats },
  'non-interactive': { kind: 'boolean', about: 'Never ask.' },
}

/** All flags of a command; its own win where names are the same. */
export const flagsOf = (command: Command): Flags =>
  command.rawArguments ? {} : { ...(command.local ? {} : connectionFlags), ...outputFlags, ...command.flags }

export interface Parsed {
  args: string[]
  values: Record<string, unknown>
  /** Flags that were given. */
  given: Set<string>
  help: boolean
}

/** Throws UsageError for an unknown flag, naming the nearest, or a value of the wrong kind. */
export function parseArguments(words: readonly string[], flags: Flags): Parsed {
  const byName = new Map<string, [string, Flag]>()
  for (const name in flags) for (const known of [name, ...(flags[name]!.aliases ?? [])]) byName.set(known, [name, flags[name]!])
  const parsed: Parsed = { args: [], values: defaults(flags), given: new Set(), help: false }
  for (let at = 0; at < words.length; at++) {
    const word = words[at]!
    if (word === '--') {
      parsed.args.push(...words.slice(at + 1))
      break
    }
    const shaped = /^--?([A-Za-z][\w.-]*)(?:=([\s\S]*))?$/.exec(word)
    if (!shaped) {
      parsed.args.push(word)
      continue
    }
    const [, name = '', inline] = shaped
    const known = byName.get(name)
    if (!known) {
      if (name === 'h' || name === 'help') {
        parsed.help = true
        continue
      }
      throw new UsageError(`flag provided but not defined: -${name}${suggestion(name, [...byName.keys()], '-')}`)
    }
    const [key, declared] = known
    const text = inline ?? (declared.kind === 'boolean' ? 'true' : (declared.bare ?? words[++at]))
    if (text === undefined) throw new UsageError(`flag needs an argument: -${name}`)
    store(parsed.values, key, declared, text)
    parsed.given.add(key)
  }
  return parsed
}

function defaults(flags: Flags): Record<string, unknown> {
  const values: Record<string, unknown> = {}
  for (const name in flags) {
    const { kind, default: preset } = flags[name]!
    values[name] = kind === 'list' ? [] : kind === 'map' ? {} : (preset ?? (kind === 'boolean' ? false : undefined))
  }
  return values
}

function store(values: Record<string, unknown>, name: string, { kind }: Flag, text: string): void {
  const wrong = (what: string): UsageError => new UsageError(`invalid value "${text}" for flag -${name}: expected ${what}`)
  if (kind === 'text') values[name] = text
  else if (kind === 'list') (values[name] as string[]).push(text)
  else if (kind === 'boolean') {
    if (!/^(1|t|true|0|f|false)$/i.test(text)) throw wrong('true or false')
    values[name] = /^(1|t|true)$/i.test(text)
  } else if (kind === 'integer') {
    if (!/^[+-]?\d{1,15}$/.test(text)) throw wrong('a whole number')
    values[name] = Number(text)
  } else {
    const at = text.indexOf('=')
    if (at < 1) throw wrong('key=value')
    ;(values[name] as Record<string, string>)[text.slice(0, at)] = text.slice(at + 1)
  }
}

/** ` Did you mean "x"?` for the nearest of `known`, or nothing. */
export function suggestion(word: string, known: readonly string[], prefix = ''): string {
  const ranked = known.map((name) => [distance(word, name), name] as const).sort((a, b) => a[0] - b[0])
  const best = ranked[0]
  return best && best[0] <= (word.length < 3 ? 1 : Math.max(2, Math.floor(word.length / 3))) ? `. Did you mean "${prefix}${best[1]}"?` : ''
}

/** Edits between two short words (Levenshtein). */
function distance(a: string, b: string): number {
  if (Math.max(a.length, b.length) > 40) return Infinity
  let row = Array.from({ length: b.length + 1 }, (_, column) => column)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++)
      next[j] = Math.min(row[j]! + 1, next[j - 1]! + 1, row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1))
    row = next
  }
  return row[b.length]!
}
