// Tags are the secret's custom metadata: Vault's clients see the same.
import { AwsFault } from '../errors.ts'
import { operation } from '../operation.ts'
import { list, string, structure } from '../shape.ts'
import { change, onSecret, secretId } from './secret.ts'

const mostTags = 50
const key = string({ min: 1, max: 128 })
export const tags = list(structure({ Key: key, Value: string({ max: 256 }) }))

/** Tags as the store keeps them; refuses duplicates, reserved names and too many. */
export function tagsOf(given: { Key?: string | undefined; Value?: string | undefined }[] | undefined): Record<string, string> {
  const made: Record<string, string> = {}
  for (const { Key, Value } of given ?? []) {
    if (Key === undefined) throw new AwsFault('InvalidParameterException', 'Tag keys must not be empty.')
    if (/^aws:/i.test(Key)) throw new AwsFault('InvalidParameterException', 'Tag keys beginning with aws: are reserved for system use.')
    if (Object.hasOwn(made, Key)) throw new AwsFault('InvalidParameterException', `Duplicate tag key found: ${Key}.`)
    made[Key] = Value ?? ''
  }
  if (Object.keys(made).length > mostTags) throw new AwsFault('InvalidParameterException', `You can't add more than ${mostTags} tags to a secret.`)
  return made
}

export const tagOperations = [
  operation({
    name: 'TagResource',
    about: 'Sets tags of a secret.',
    access: [{ op: 'patch', path: 'secret/metadata/:name' }],
    input: { SecretId: secretId, Tags: list(structure({ Key: key, Value: string({ max: 256 }) }), { required: true }) },
    shows: ['SecretId'],
    async run(exchange, { SecretId, Tags }) {
      const set = tagsOf(Tags)
      await onSecret(exchange, SecretId, (place) => change(exchange, place, { tags: set, attributes: { tagged: true }, limits: { tags: mostTags } }))
    },
  }),
  operation({
    name: 'UntagResource',
    about: 'Removes tags of a secret.',
    access: [{ op: 'patch', path: 'secret/metadata/:name' }],
    input: { SecretId: secretId, TagKeys: list(key, { required: true }) },
    shows: ['SecretId', 'TagKeys'],
    async run(exchange, { SecretId, TagKeys }) {
      await onSecret(exchange, SecretId, (place) => change(exchange, place, { tags: Object.fromEntries(TagKeys.map((name) => [name, null])) }))
    },
  }),
]
