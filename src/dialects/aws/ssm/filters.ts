// Which parameters a request means: the filters of GetParametersByPath and DescribeParameters.
import { AwsFault } from '../errors.ts'
import { list, string, structure } from '../shape.ts'
import { type Described, labelsOf, nameOf, writtenOf } from './parameter.ts'

export const filters = list(structure({ Key: string({ required: true, min: 1, max: 132 }), Option: string({ max: 10 }), Values: list(string({ min: 1, max: 1024 }), { max: 50 }) }))
export type Filter = { Key: string; Option?: string | undefined; Values?: string[] | undefined }

/** What each key looks at, which options it has (the first is the default). */
const keys: Record<string, { options: string[]; texts(found: Described): string[] }> = {
  Name: { options: ['Equals', 'BeginsWith', 'Contains'], texts: (found) => [nameOf(found.path, found.attributes)] },
  Path: { options: ['OneLevel', 'Recursive'], texts: (found) => [found.path] },
  Type: { options: ['Equals', 'BeginsWith'], texts: (found) => [newest(found).type] },
  KeyId: { options: ['Equals', 'BeginsWith'], texts: (found) => [newest(found).keyId ?? ''] },
  Tier: { options: ['Equals'], texts: (found) => [newest(found).tier] },
  DataType: { options: ['Equals'], texts: (found) => [newest(found).dataType] },
  Label: { options: ['Equals'], texts: (found) => found.versions.flatMap((version) => labelsOf(found.attributes, version.id)) },
}

const newest = (found: Described) => writtenOf(found.attributes, found.versions.at(-1)!.id)

/** Refuses keys that the operation does not know, options that the key does not have, and filters without values. */
export function checkFilters(given: readonly Filter[], allowed: readonly string[]): void {
  const seen = new Set<string>()
  for (const { Key, Option, Values } of given) {
    const tag = Key.startsWith('tag:') && allowed.includes('Name')
    if (!tag && !allowed.includes(Key)) throw new AwsFault('InvalidFilterKey', `The following filter key is not valid: ${Key}. Valid filter keys include: [${allowed.join(', ')}${allowed.includes('Name') ? ', tag:.+' : ''}].`)
    if (seen.has(Key)) throw new AwsFault('InvalidFilterKey', `The following filter is duplicated in the request: ${Key}. A request can contain only one occurrence of a specific filter.`)
    seen.add(Key)
    if (!tag && (!Values || Values.length === 0)) throw new AwsFault('InvalidFilterValue', `The following filter values are missing : null for filter key ${Key}`)
    const options = tag ? ['Equals', 'BeginsWith', 'Contains'] : keys[Key]!.options
    if (Option !== undefined && !options.includes(Option)) throw new AwsFault('InvalidFilterOption', `The following filter option is not valid: ${Option}. Valid options include: [${options.join(', ')}].`)
    for (const value of Values ?? []) if (Key === 'Path' && !value.startsWith('/')) throw new AwsFault('ValidationException', 'The parameter doesn\'t meet the parameter name requirements. The parameter name must begin with a forward slash "/".')
  }
}

function fits({ Key, Option, Values = [] }: Filter, found: Described): boolean {
  if (Key.startsWith('tag:')) {
    const value = found.tags[Key.slice('tag:'.length)]
    return value !== undefined && (Values.length === 0 || Values.some((wanted) => compare(Option ?? 'Equals', value, wanted)))
  }
  const { options, texts } = keys[Key]!
  return texts(found).some((text) => Values.some((wanted) => compare(Option ?? options[0]!, text, Key === 'Path' ? wanted.replace(/^\/+|\/+$/g, '') : wanted)))
}

const comparisons: Record<string, (text: string, wanted: string) => boolean> = {
  Equals: (text, wanted) => text === wanted,
  BeginsWith: (text, wanted) => text.startsWith(wanted),
  Contains: (text, wanted) => text.includes(wanted),
  Recursive: (text, wanted) => wanted === '' || text.startsWith(`${wanted}/`),
  OneLevel: (text, wanted) => (wanted === '' || text.startsWith(`${wanted}/`)) && text.slice(wanted === '' ? 0 : wanted.length + 1).indexOf('/') < 0,
}
const compare = (option: string, text: string, wanted: string): boolean => comparisons[option]!(text, wanted)

export const passes = (given: readonly Filter[], found: Described): boolean => given.every((filter) => fits(filter, found))
