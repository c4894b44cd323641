// Finding secrets: filters, order and pages of ListSecrets and BatchGetSecretValue.
import { AwsFault } from '../errors.ts'
import type { Exchange } from '../operation.ts'
import { type Input, list, string, structure } from '../shape.ts'
import { type Described, nameOf } from './secret.ts'

const keys = ['all', 'name', 'tag-key', 'description', 'tag-value', 'primary-region', 'owning-service'] as const
const filter = { Key: string({ words: keys }), Values: list(string({ max: 512, pattern: /^!?[a-zA-Z0-9 :_@/+=.\-!]*$/ }), { min: 1, max: 10 }) }
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

/** Whether a word of `text` begins with `wanted`, whatever the case. */
function atWord(text: string, wanted: string): boolean {
  const [low, word] = [text.toLowerCase(), wanted.toLowerCase()]
  for (let at = low.indexOf(word); at >= 0; at = low.indexOf(word, at + 1)) if (at === 0 || /[^a-z0-9]/.test(low[at - 1]!)) return true
  return false
}

function fits(key: Key, secret: Described, value: string): boolean {
  const found = texts[key](secret)
  if (key === 'all') return value.split(/\s+/).filter((word) => word !== '').every((word) => found.some((text) => atWord(text, word)))
  return found.some((text) => (key === 'description' ? atWord(text, value) : text.startsWith(value)))
}

export function checkFilters(given: readonly Filter[]): void {
  for (const { Key, Values } of given) {
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
}

const token = (after: string): string => Buffer.from(after).toString('base64url')

export function afterOf(next: string | undefined): string | undefined {
  if (next === undefined) return undefined
  const after = Buffer.from(next, 'base64url')
  if (after.length === 0 || after.toString('base64url') !== next) throw new AwsFault('InvalidNextTokenException', 'Invalid NextToken.')
  return after.toString()
}

/** Secrets that pass every filter, in the order of their paths, a page at a time: never more is read than it takes to fill one. */
export async function matching(exchange: Exchange, given: readonly Filter[], { most, next, planned }: Wanted): Promise<{ secrets: Described[]; next?: string }> {
  checkFilters(given)
  const secrets: Described[] = []
  for (let after = afterOf(next); ; ) {
    const page = await pageOf(exchange, after, given.length > 0 ? 500 : most + 1)
    for (const secret of page.entries) {
      if ((secret.deletion && !planned) || !passes(given, secret)) continue
      if (secrets.length === most) return { secrets, next: token(secrets.at(-1)!.path) }
      secrets.push(secret)
    }
    after = page.next
    if (after === undefined) return { secrets }
  }
}

const pageOf = async (exchange: Exchange, after: string | undefined, limit: number): Promise<{ entries: Described[]; next?: string }> =>
  (await exchange.ask('scan', `${exchange.settings.secrets}metadata/`, { entry: true, limit, ...(after !== undefined && { after }) })) as unknown as { entries: Described[]; next?: string }

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
