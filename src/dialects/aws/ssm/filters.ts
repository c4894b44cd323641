// Which parameters a request means: the filters of GetParametersByPath and DescribeParameters.
// https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_ParameterStringFilter.html
import { AwsFault } from '../errors.ts'
import { list, string, structure } from '../shape.ts'
import { type Described, badPath, labelsOf, newestOf, tiers, types, writtenOf } from './parameter.ts'

// Without anchors: what merely contains a known key is refused below, in other words.
const key = /tag:.+|Name|Type|KeyId|Path|Label|Tier|DataType/
export const filters = list(structure({ Key: string({ required: true, min: 1, max: 132, pattern: key }), Option: string({ max: 10 }), Values: list(string({ min: 1, max: 1024 }), { max: 50 }) }))
export type Filter = { Key: string; Option?: string | undefined; Values?: string[] | undefined }

type Compare = (text: string, wanted: string) => boolean

interface Key {
  /** The default. */
  option: string
  options: readonly string[]
  /** As the service lists them in a refusal. */
  shown: readonly string[]
  values?: readonly string[]
  texts(found: Described): string[]
  /** A value as it is compared. */
  form?(wanted: string, option: string): string
}

const newest = (found: Described) => writtenOf(found.attributes, newestOf(found)!.id)
const usual = { option: 'Equals', options: ['Equals', 'BeginsWith'], shown: ['BeginsWith', 'Equals'] }
const bare = (text: string): string => text.replace(/^\/+|\/+$/g, '')

const keys: Record<string, Key> = {
  // A name and the same name after a slash are one parameter.
  Name: { ...usual, options: ['Equals', 'BeginsWith', 'Contains'], texts: (found) => [`/${found.path}`], form: (wanted, option) => (option === 'Contains' || wanted.startsWith('/') ? wanted : `/${wanted}`) },
  Path: { option: 'OneLevel', options: ['OneLevel', 'Recursive'], shown: ['Recursive', 'OneLevel'], texts: (found) => [found.path], form: bare },
  Type: { ...usual, values: types, texts: (found) => [newest(found).type] },
  KeyId: { ...usual, texts: (found) => [newest(found).keyId ?? ''] },
  Tier: { ...usual, values: tiers, texts: (found) => [newest(found).tier] },
  DataType: { ...usual, texts: (found) => [newest(found).dataType] },
  Label: { ...usual, options: ['Equals'], shown: ['Equals'], texts: (found) => found.versions.flatMap((version) => labelsOf(found.attributes, version.id)) },
}
const tag: Key = { ...usual, options: ['Equals', 'BeginsWith', 'Contains'], texts: () => [] }

/** Which keys an operation takes: those of the table, tags, and what its refusal lists. */
export interface Allowed {
  keys: readonly string[]
  tags: boolean
  shown: string
}

function checkPath(value: string): void {
  if (/^\/(?:aws|ssm)/i.test(value)) throw new AwsFault('ValidationException', 'Filters for common parameters can\'t be prefixed with "aws" or "ssm" (case-insensitive).')
  if (!/^\/(?:[A-Za-z0-9_.-]+(?:\/|$))*$/.test(value)) throw badPath()
}

function checkValues(name: string, { values: words }: Key, values: readonly string[]): void {
  for (const value of values) {
    if (words && name !== 'Type' && !words.includes(value)) throw invalidValue(value, words)
    if (name === 'Type' && !words!.some((word) => word.startsWith(value))) throw invalidValue(value, words!)
    if (name === 'Path') checkPath(value)
  }
}
const invalidValue = (value: string, words: readonly string[]): AwsFault => new AwsFault('InvalidFilterValue', `The following filter value is not valid: ${value}. Valid values include: [${words.join(', ')}].`)

/** Refuses keys that the operation does not know, options that the key does not have, and filters without values. */
export function checkFilters(given: readonly Filter[], allowed: Allowed): void {
  const seen = new Set<string>()
  for (const { Key, Option, Values } of given) {
    const tagged = Key.startsWith('tag:') && allowed.tags
    if (!tagged && !allowed.keys.includes(Key)) throw new AwsFault('InvalidFilterKey', `The following filter key is not valid: ${Key}. Valid filter keys include: [${allowed.shown}].`)
    if (seen.has(Key)) throw new AwsFault('InvalidFilterKey', `The following filter is duplicated in the request: ${Key}. A request can contain only one occurrence of a specific filter.`)
    seen.add(Key)
    const known = tagged ? tag : keys[Key]!
    if (!tagged && (!Values || Values.length === 0)) throw new AwsFault('InvalidFilterValue', `The following filter values are missing : null for filter key ${Key}`)
    if (Option !== undefined && !known.options.includes(Option)) throw new AwsFault('InvalidFilterOption', `The following filter option is not valid: ${Option}. Valid options include: [${known.shown.join(', ')}].`)
    checkValues(Key, known, Values ?? [])
  }
}

const comparisons: Record<string, Compare> = {
  Equals: (text, wanted) => text === wanted,
  BeginsWith: (text, wanted) => text.startsWith(wanted),
  Contains: (text, wanted) => text.includes(wanted),
  Recursive: (text, wanted) => wanted === '' || text.startsWith(`${wanted}/`),
  OneLevel: (text, wanted) => (wanted === '' || text.startsWith(`${wanted}/`)) && text.indexOf('/', wanted === '' ? 0 : wanted.length + 1) < 0,
}

function fits({ Key, Option, Values = [] }: Filter, found: Described): boolean {
  const tagged = Key.startsWith('tag:')
  const known = tagged ? tag : keys[Key]!
  const option = Option ?? known.option
  const value = tagged ? found.tags[Key.slice('tag:'.length)] : undefined
  const texts = tagged ? (value === undefined ? [] : [value]) : known.texts(found)
  if (tagged && Values.length === 0) return value !== undefined
  return texts.some((text) => Values.some((wanted) => comparisons[option]!(text, known.form ? known.form(wanted, option) : wanted)))
}

export const passes = (given: readonly Filter[], found: Described): boolean => given.every((filter) => fits(filter, found))
