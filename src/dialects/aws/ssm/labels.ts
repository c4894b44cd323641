// Labels and tags: LabelParameterVersion, UnlabelParameterVersion, AddTagsToResource and its like.
import { AwsFault } from '../errors.ts'
import { type Exchange, operation } from '../operation.ts'
import { list, number, string } from '../shape.ts'
import { type Described, change, describe, labelChange, labelsOf, name, nameOf, needName, newestOf, noVersion, versionOfLabel } from './parameter.ts'
import { tag, tagKey } from './put.ts'

const mostLabels = 10
const mostTags = 50
const labels = list(string({ min: 1, max: 100 }), { required: true, min: 1, max: 100 })

function versionOf(found: Described, wanted: number | undefined): Described['versions'][number] {
  const version = wanted === undefined ? newestOf(found) : found.versions.find((one) => one.number === wanted)
  if (!version) throw noVersion(`version ${wanted}`, nameOf(found.path, found.attributes))
  return version
}

const validLabel = (label: string): boolean => /^[A-Za-z_.-][A-Za-z0-9_.-]*$/.test(label) && !/^(aws|ssm)/i.test(label)

const labelParameterVersion = operation({
  name: 'LabelParameterVersion',
  about: 'Puts labels on a version; they leave any other.',
  access: [{ op: 'patch', path: 'parameter/metadata/:name' }],
  input: { Name: name, ParameterVersion: number(), Labels: labels },
  shows: ['Name', 'ParameterVersion', 'Labels'],
  async run(exchange, input) {
    needName(input.Name)
    const found = await describe(exchange, input.Name)
    const version = versionOf(found, input.ParameterVersion)
    const InvalidLabels = input.Labels.filter((label) => !validLabel(label))
    const good = input.Labels.filter(validLabel)
    if (new Set([...labelsOf(found.attributes, version.id), ...good]).size > mostLabels) {
      throw new AwsFault('ParameterVersionLabelLimitExceeded', 'An error occurred (ParameterVersionLabelLimitExceeded) when calling the LabelParameterVersion operation: A parameter version can have maximum 10 labels.Move one or more labels to another version and try again.')
    }
    if (good.length > 0) await change(exchange, input.Name, { attributes: labelChange(good, version.id) })
    return { InvalidLabels, ParameterVersion: version.number }
  },
})

const unlabelParameterVersion = operation({
  name: 'UnlabelParameterVersion',
  about: 'Takes labels off a version.',
  access: [{ op: 'patch', path: 'parameter/metadata/:name' }],
  input: { Name: name, ParameterVersion: number({ required: true }), Labels: labels },
  shows: ['Name', 'ParameterVersion', 'Labels'],
  async run(exchange, input) {
    needName(input.Name)
    const found = await describe(exchange, input.Name)
    const version = versionOf(found, input.ParameterVersion)
    const RemovedLabels = input.Labels.filter((label) => versionOfLabel(found.attributes, label) === version.id)
    if (RemovedLabels.length > 0) await change(exchange, input.Name, { attributes: labelChange(RemovedLabels, null) })
    return { RemovedLabels, InvalidLabels: input.Labels.filter((label) => !RemovedLabels.includes(label)) }
  },
})

const resource = { ResourceType: string({ required: true }), ResourceId: string({ required: true, min: 1, max: 2048 }) }

/** Tags exist for parameters alone here. */
async function onParameter<T>(input: { ResourceType: string; ResourceId: string }, run: (given: string) => Promise<T>): Promise<T> {
  if (input.ResourceType !== 'Parameter') throw new AwsFault('InvalidResourceType', `${input.ResourceType} is not a valid resource type here: only Parameter is.`)
  try {
    return await run(input.ResourceId)
  } catch (cause) {
    throw cause instanceof AwsFault && cause.type === 'ParameterNotFound' ? new AwsFault('InvalidResourceId', 'The resource ID is not valid. Verify that you entered the correct ID and try again.') : cause
  }
}

const setTags = (exchange: Exchange, given: string, changed: Record<string, string | null>) => change(exchange, given, { tags: changed })

const addTagsToResource = operation({
  name: 'AddTagsToResource',
  about: 'Sets tags of a parameter.',
  access: [{ op: 'patch', path: 'parameter/metadata/:name' }],
  input: { ...resource, Tags: list(tag, { required: true, max: 1000 }) },
  shows: ['ResourceType', 'ResourceId'],
  run: (exchange, input) =>
    onParameter(input, async (given) => {
      const added = Object.fromEntries(input.Tags.map(({ Key, Value }) => [Key, Value]))
      if (new Set([...Object.keys((await describe(exchange, given)).tags), ...Object.keys(added)]).size > mostTags) throw new AwsFault('TooManyTagsError', `The Targets parameter includes too many tags. Remove one or more tags and try the command again.`)
      await setTags(exchange, given, added)
      return {}
    }),
})

const removeTagsFromResource = operation({
  name: 'RemoveTagsFromResource',
  about: 'Removes tags of a parameter.',
  access: [{ op: 'patch', path: 'parameter/metadata/:name' }],
  input: { ...resource, TagKeys: list(tagKey, { required: true }) },
  shows: ['ResourceType', 'ResourceId', 'TagKeys'],
  run: (exchange, input) =>
    onParameter(input, async (given) => {
      await setTags(exchange, given, Object.fromEntries(input.TagKeys.map((key) => [key, null])))
      return {}
    }),
})

const listTagsForResource = operation({
  name: 'ListTagsForResource',
  about: 'Lists the tags of a parameter.',
  access: [{ op: 'read', path: 'parameter/metadata/:name' }],
  input: resource,
  shows: ['ResourceType', 'ResourceId'],
  run: (exchange, input) => onParameter(input, async (given) => ({ TagList: Object.entries((await describe(exchange, given)).tags).map(([Key, Value]) => ({ Key, Value })) })),
})

export const labelOperations = [labelParameterVersion, unlabelParameterVersion, addTagsToResource, removeTagsFromResource, listTagsForResource]
