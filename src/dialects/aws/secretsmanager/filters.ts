// Finding secrets: filters, order and pages of ListSecrets and BatchGetSecretValue.
import { AwsFault } from '../errors.ts'
import type { Exchange } from '../operation.ts'
import { type Input, list, string, structure } from '../shape.ts'
import { nameOf } from './name.ts'
import { type Described } from './secret.ts'

const keys = ['all', 'name', 'tag-key', 'description', 'tag-value', 'primary-region', 'owning-service'] as const
const filter = { Key: string(), Values: list(string({ max: 512, pattern: /^^!?[a-zA-Z0-9 :_@/+=.\-!]*$$/ }), { min: 1, max: 10 }) }
export const filters = list(structure(filter), { max: 10 })
export type Filter = Input<typeof filter>

type Key = (typeof keys)[number]

/** The texts of a secret that a filter looks at. */
const texts: Record<Key, (secret: Described) => string[]> = {
  name: (secret) => [nameOf(secret.path)],
  description: (secret) => [secret.attributes.description ?? ''],
  'tag-key': (secret) => Object.keys(secret.tags),
  'tag-value': (secret) => Object.values(secret.tags),
  'primary-region': (secret) => (secret.attributes.replicas && secret.attributes.region ? [secret.attributes.region] : []),
  'owning-service': () => [],
  all: (secret) => [nameOf(secret.path), secret.attributes.description ?? '', ...Object.keys(secret.tags), ...Object.values(secret.tags), secret.attributes.region ?? ''],
}

/** The words of a text: split at what is no letter or digit, and where a capital begins a word (`COMPANYthings` is COMPAN, Ythings). */
const wordsOf = (text: string): string[] => (text.match(/[A-Z]+[0-9]*(?![a-z0-9])|[A-Z]?[a-z0-9]+/g) ?? []).map((word) => word.toLowerCase())

/** Whether every word of `value` begins a word of one of the texts. */
function fitsWords(found: readonly string[], value: string): boolean {
  const present = found.flatMap(wordsOf)
  const wanted = wordsOf(value)
  return wanted.length > 0 && wanted.every((word) => present.some((one) => one.startsWith(word)))
}

function fits(key: Key, secret: Described, value: string): boolean {
  const found = texts[key](secret)
  return key === 'all' || key === 'description' ? fitsWords(found, value) : found.some((text) => text.startsWith(value))
}

export function checkFilters(given: readonly Filter[]): void {
  for (const [at, { Key, Values }] of given.entries()) {
    if (Key !== undefined && !keys.includes(Key as Key)) throw new AwsFault('ValidationException', `1 validation error detected: Value '${Key.slice(0, 256)}' at 'filters.${at + 1}.member.key' failed to satisfy constraint: Member must satisfy enum value set: [all, name, tag-key, description, tag-value]`)
    if (Key === undefined) throw new AwsFault('InvalidParameterException', 'Invalid filter key')
    if (!Values) throw new AwsFault('InvalidParameterException', `Invalid filter values for key: ${Key}`)
  }
}

const passes = (given: readonly Filter[], secret: Described): boolean =>
  given.every(({ Key, Values }) => Values!.some((value) => (value.startsWith('!') ? !fits(Key as Key, secret, value.slice(1)) : fits(Key as Key, secret, value))))

export interface Wanted {
  most: number
  /** What an earlier page gave. */
  next: string | undefined
  /** Whether those that wait for their end are shown. */
  planned: boolean
  byPath?: boolean
}

const token = (after: string): string => Buffer.from(after).toString('base64url')

export function afterOf(next: string | undefined): string | undefined {
  if (next === undefined) return undefined
  const after = Buffer.from(next, 'base64url')
  if (after.length === 0 || after.toString('base64url') !== next) throw new AwsFault('InvalidNextTokenException', 'Invalid NextToken.')
  return after.toString()
}

/** Secrets that pass every filter, a page at a time, in the order of their making or of their paths: never more is read than it takes to fill a page. */
export async function matching(exchange: Exchange, given: readonly Filter[], { most, next, planned, byPath = false }: Wanted): Promise<{ secrets: Described[]; next?: string }> {
  checkFilters(given)
  const secrets: Described[] = []
  for (let after = afterOf(next); ; ) {
    const page = await pageOf(exchange, after, given.length > 0 ? 500 : most + 1, !byPath)
    for (const secret of page.entries) {
      if ((secret.deletion && !planned) || !passes(given, secret)) continue
      if (secrets.length === most) return { secrets, next: token(secrets.at(-1)!.at!) }
      secrets.push(secret)
    }
    after = page.next
    if (after === undefined) return { secrets }
  }
}

const pageOf = (exchange: Exchange, after: string | undefined, limit: number, made: boolean) =>
  exchange.ask<{ entries: Described[]; next?: string }>('scan', `${exchange.settings.secrets}metadata/`, { entry: true, made, limit, ...(after !== undefined && { after }) })

const mostSorted = 100_000

/** All secrets that pass, for an order other than that of their paths. */
export async function allMatching(exchange: Exchange, given: readonly Filter[], planned: boolean): Promise<Described[]> {
  const found: Described[] = []
  let next: string | undefined
  do {
    const page = await matching(exchange, given, { most: 1000, next, planned })
    found.push(...page.secrets)
    next = page.next
  } while (next !== undefined && found.length < mostSorted)
  return found
}
