// Tags of keys.
import { AwsFault } from '../errors.ts'
import { operation } from '../operation.ts'
import { list, string, structure } from '../shape.ts'
import { change, need } from './entry.ts'
import { pageMembers, pageOf } from './page.ts'
import { keyId } from './reference.ts'

const mostTags = 50
const tagKey = string({ required: true, min: 1, max: 128 })
export const tags = <const L extends { required?: boolean }>(limits: L = {} as L) => list(structure({ TagKey: tagKey, TagValue: string({ required: true, max: 256 }) }), limits)

/** Tags as they are kept; refuses duplicates, reserved names and too many. */
export function tagsOf(given: readonly { TagKey: string; TagValue: string }[] = []): Record<string, string> {
  const made: Record<string, string> = Object.create(null)
  for (const { TagKey, TagValue } of given) {
    if (/^aws:/i.test(TagKey)) throw new AwsFault('TagException', 'Tags beginning with aws: are reserved')
    if (TagKey in made) throw new AwsFault('TagException', 'Duplicate tag keys')
    made[TagKey] = TagValue
  }
  if (given.length > mostTags) throw new AwsFault('TagException', 'Too many tags')
  return made
}

export const tagOperations = [
  operation({
    name: 'TagResource',
    about: 'Sets tags of a key.',
    access: [{ op: 'patch', path: 'transit/keys/:name' }],
    input: { KeyId: keyId, Tags: tags({ required: true }) },
    shows: ['KeyId'],
    async run(exchange, { KeyId, Tags }) {
      const { place, entry } = await need(exchange, KeyId, ['ending'])
      const added = tagsOf(Tags)
      if (Object.keys({ ...entry.attributes.tags, ...added }).length > mostTags) throw new AwsFault('LimitExceededException', `A KMS key can have at most ${mostTags} tags.`)
      await change(exchange, place, { tags: added })
    },
  }),
  operation({
    name: 'UntagResource',
    about: 'Removes tags of a key.',
    access: [{ op: 'patch', path: 'transit/keys/:name' }],
    input: { KeyId: keyId, TagKeys: list(string({ min: 1, max: 128 }), { required: true }) },
    shows: ['KeyId', 'TagKeys'],
    async run(exchange, { KeyId, TagKeys }) {
      const { place } = await need(exchange, KeyId, ['ending'])
      await change(exchange, place, { tags: Object.fromEntries(TagKeys.map((name) => [name, null])) })
    },
  }),
  operation({
    name: 'ListResourceTags',
    about: 'Lists the tags of a key.',
    access: [{ op: 'read', path: 'transit/keys/:name' }],
    input: { KeyId: keyId, ...pageMembers },
    shows: ['KeyId'],
    async run(exchange, { KeyId, ...wanted }) {
      const { entry } = await need(exchange, KeyId)
      const all = Object.entries(entry.attributes.tags ?? {}).map(([TagKey, TagValue]) => ({ TagKey, TagValue })).sort((a, b) => (a.TagKey < b.TagKey ? -1 : 1))
      const { items, more } = pageOf(all, wanted, 50, (tag) => tag.TagKey)
      return { Tags: items, ...more }
    },
  }),
]
