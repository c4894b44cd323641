// Writing and removing parameters: PutParameter, DeleteParameter, DeleteParameters.
import { runInNewContext } from 'node:vm'
import { isObject } from '../../../kit/field.ts'
import { Fault } from '../../../kit/errors.ts'
import { AwsFault } from '../errors.ts'
import { type Exchange, operation } from '../operation.ts'
import { boolean, list, string, structure } from '../shape.ts'
import { checkDataType } from './data-types.ts'
import { type Described, type Type, type Written, checkName, create, describe, name, needName, newestOf, overwrite, pathOf, remove, types, writtenOf } from './parameter.ts'

const mostBytes = { Standard: 4096, Advanced: 8192 }
const tagText = /^^([\p{L}\p{Z}\p{N}_.:/=+\-@]*)$$/u
export const tagKey = string({ required: true, min: 1, max: 128, pattern: tagText })
export const tag = structure({ Key: tagKey, Value: string({ required: true, max: 256, pattern: tagText }) })

const tiersGiven = ['Standard', 'Advanced', 'Intelligent-Tiering'] as const
const policyTypes: Record<string, string[]> = { Expiration: ['Timestamp'], ExpirationNotification: ['Before', 'Unit'], NoChangeNotification: ['After', 'Unit'] }

const downgrade = (): AwsFault =>
  new AwsFault('ValidationException', 'This parameter uses the advanced-parameter tier. You can\'t downgrade a parameter from the advanced-parameter tier to the standard-parameter tier. If necessary, you can delete the advanced parameter and recreate it as a standard parameter.')

/** Which tier a value needs, and whether it may have it. */
function tierOf(wanted: string | undefined, present: string | undefined, value: string, policies: string | undefined, advancedType: string | undefined): string {
  const bytes = Buffer.byteLength(value)
  const needs = bytes > mostBytes.Standard || policies !== undefined || advancedType !== undefined ? 'Advanced' : 'Standard'
  if (wanted === 'Standard' && present === 'Advanced') throw downgrade()
  if (wanted === 'Intelligent-Tiering') return present === 'Advanced' ? 'Advanced' : needs
  if (wanted === 'Advanced' || (wanted === undefined && present === 'Advanced')) return 'Advanced'
  if (policies !== undefined) throw new AwsFault('ValidationException', 'Parameter policies are only supported for the advanced tier.')
  if (advancedType !== undefined) throw new AwsFault('ValidationException', `The data type ${advancedType} is only supported for the advanced tier.`)
  if (needs === 'Advanced') throw new AwsFault('ValidationException', `Standard tier parameters support a maximum parameter value of ${mostBytes.Standard} characters. To create a larger parameter value, upgrade the parameter to use the advanced-parameter tier. For more information, see https://docs.aws.amazon.com/systems-manager/latest/userguide/parameter-store-advanced-parameters.html`)
  return 'Standard'
}

/** The policies' JSON in one form; `[]` and `{}` mean none. */
function policiesOf(text: string | undefined): string | undefined {
  if (text === undefined || /^\s*(\[\s*\]|\{\s*\}|\[\s*\{\s*\}\s*\])?\s*$/.test(text)) return undefined
  let parsed: unknown
  try {
    parsed = JSON.parse(text)
  } catch {
    throw new AwsFault('InvalidPolicyAttributeException', 'The policies are not valid JSON.')
  }
  const all = Array.isArray(parsed) ? parsed : [parsed]
  if (all.length > 10) throw new AwsFault('PoliciesLimitExceededException', 'You specified more than the maximum number of allowed policies for the parameter. The maximum is 10.')
  for (const policy of all) {
    const attributes = isObject(policy) && Object.hasOwn(policyTypes, String(policy.Type)) ? policyTypes[String(policy.Type)] : undefined
    if (!attributes) throw new AwsFault('InvalidPolicyTypeException', 'The policy type isn\'t supported. Parameter Store supports the following policy types: Expiration, ExpirationNotification, and NoChangeNotification.')
    const given = isObject((policy as { Attributes?: unknown }).Attributes) ? ((policy as { Attributes: Record<string, unknown> }).Attributes) : {}
    if (!attributes.every((attribute) => typeof given[attribute] === 'string')) throw new AwsFault('InvalidPolicyAttributeException', `A policy attribute or its value is invalid: ${(policy as { Type: string }).Type} needs ${attributes.join(' and ')}.`)
    if (given.Timestamp !== undefined && Number.isNaN(Date.parse(given.Timestamp as string))) throw new AwsFault('InvalidPolicyAttributeException', 'A policy attribute or its value is invalid: Timestamp.')
  }
  if (all.filter((policy) => (policy as { Type: string }).Type === 'Expiration').length > 1) throw new AwsFault('IncompatiblePolicyException', 'There is a conflict in the policies specified for this parameter. You can\'t, for example, specify two Expiration policies for a parameter.')
  return JSON.stringify(all)
}

/** Milliseconds that a pattern may take. */
const patternTime = 200

/** Runs a pattern of a stranger on a bounded value for a bounded time; one that the engine refuses is refused in words. */
function checkPattern(pattern: string | undefined, value: string): void {
  if (pattern === undefined || pattern === '') return
  let matches: unknown
  try {
    // No look at a pattern tells how long it takes; only a clock does.
    matches = runInNewContext('new RegExp(`^(?:${pattern})$`, "u").test(value)', { pattern, value }, { timeout: patternTime })
  } catch (cause) {
    const late = (cause as { code?: string }).code === 'ERR_SCRIPT_EXECUTION_TIMEOUT'
    throw new AwsFault('InvalidAllowedPatternException', late ? 'The pattern takes too long to match.' : 'The request does not meet the regular expression requirement.')
  }
  if (!matches) throw new AwsFault('ParameterPatternMismatchException', `Parameter value, cannot be validated against allowedPattern: ${pattern}`)
}

interface Put {
  Name: string
  Value: string
  Type?: string | undefined
  Description?: string | undefined
  KeyId?: string | undefined
  AllowedPattern?: string | undefined
  Tier?: string | undefined
  Policies?: string | undefined
  DataType?: string | undefined
}

function checkSize(value: string): void {
  if (Buffer.byteLength(value) > mostBytes.Advanced) throw new AwsFault('ValidationException', `Advanced tier parameters support a maximum parameter value of ${mostBytes.Advanced} characters.`)
}

/** What other documents of the service would replace by a parameter. */
const nests = /\{\{[^{}]*\}\}/

function writtenBy(exchange: Exchange, input: Put, present: Written | null): Written {
  const type = input.Type ?? present?.type
  if (type === undefined) throw new AwsFault('ValidationException', 'A parameter type is required when you create a parameter.')
  if (!types.includes(type as Type)) throw new AwsFault('ValidationException', `1 validation error detected: Value '${type}' at 'type' failed to satisfy constraint: Member must satisfy enum value set: [SecureString, StringList, String]`)
  if (input.KeyId !== undefined && type !== 'SecureString') throw new AwsFault('ValidationException', 'KeyId is required for SecureString type parameter only.')
  checkSize(input.Value)
  if (nests.test(input.Value)) throw new AwsFault('ValidationException', 'Parameter value can\'t nest another parameter. Do not use "{{}}" in the value.')
  const dataType = input.DataType ?? present?.dataType ?? 'text'
  const { advanced } = checkDataType(dataType, input.Value)
  const policies = policiesOf(input.Policies) ?? (input.Policies === undefined ? present?.policies : undefined)
  checkPattern(input.AllowedPattern ?? present?.pattern, input.Value)
  return {
    type: type as Type,
    user: exchange.signer?.arn ?? '',
    dataType,
    tier: tierOf(input.Tier, present?.tier, input.Value, policies, advanced ? dataType : undefined),
    description: input.Description ?? present?.description,
    pattern: input.AllowedPattern ?? present?.pattern,
    ...(type === 'SecureString' && { keyId: input.KeyId ?? present?.keyId ?? 'alias/aws/ssm' }),
    policies,
  }
}

const presentOf = (exchange: Exchange, given: string): Promise<Described | null> =>
  describe(exchange, given).catch((cause: unknown) => {
    if (cause instanceof AwsFault && cause.type === 'ParameterNotFound') return null
    throw cause
  })

const exists = (): AwsFault => new AwsFault('ParameterAlreadyExists', 'The parameter already exists. To overwrite this value, set the overwrite option in the request to true.')

const putParameter = operation({
  name: 'PutParameter',
  about: 'Makes a parameter or adds a version to it.',
  access: [{ op: 'write', path: 'parameter/data/:name' }, { op: 'read', path: 'parameter/metadata/:name' }],
  input: {
    Name: name, Description: string({ max: 1024 }), Value: string({ required: true, min: 1, max: 32_768, secret: true }), Type: string(), KeyId: string({ min: 1, max: 256 }), Overwrite: boolean(), AllowedPattern: string({ max: 1024 }),
    Tags: list(tag, { max: 1000 }), Tier: string({ words: tiersGiven }), Policies: string({ min: 1, max: 4096 }), DataType: string({ max: 128 }),
  },
  shows: ['Name', 'Type', 'KeyId', 'Overwrite', 'Tier', 'DataType'],
  async run(exchange, { Name, ...given }) {
    // The service takes no notice of spaces around a name.
    const input = { ...given, Name: Name.trim() }
    checkName(input.Name)
    if (input.Overwrite && input.Tags) throw new AwsFault('ValidationException', 'Invalid request: tags and overwrite can\'t be used together. To create a parameter with tags, please remove overwrite flag. To update tags for an existing parameter, please use AddTagsToResource or RemoveTagsFromResource.')
    const path = pathOf(input.Name)
    const present = input.Overwrite || input.Type === undefined ? await presentOf(exchange, input.Name) : null
    if (present && !input.Overwrite) throw exists()
    const written = writtenBy(exchange, input, present && writtenOf(present.attributes, newestOf(present)!.id))
    const tagged = Object.fromEntries((input.Tags ?? []).map(({ Key, Value }) => [Key, Value]))
    const made = await (present ? overwrite(exchange, path, input.Value, written, present) : create(exchange, input.Name, input.Value, written, tagged)).catch(async (cause: unknown) => {
      if (!(cause instanceof Fault && cause.code === 'exists')) throw cause
      // What has lapsed, or was deleted in another dialect, makes way.
      const found = await presentOf(exchange, input.Name)
      if (found && !input.Overwrite) throw exists()
      return overwrite(exchange, path, input.Value, written, found ?? { versions: [], attributes: {} })
    })
    return { Version: made.number, Tier: written.tier }
  },
})

const deleteParameter = operation({
  name: 'DeleteParameter',
  about: 'Removes a parameter with all its versions.',
  access: [{ op: 'delete', path: 'parameter/metadata/:name' }],
  input: { Name: name },
  shows: ['Name'],
  async run(exchange, input) {
    needName(input.Name)
    await describe(exchange, input.Name)
    await remove(exchange, input.Name)
    return {}
  },
})

const deleteParameters = operation({
  name: 'DeleteParameters',
  about: 'Removes up to ten parameters.',
  access: [{ op: 'delete', path: 'parameter/metadata/:name' }],
  input: { Names: list(string({ min: 1, max: 2048 }), { required: true, min: 1, max: 10 }) },
  shows: ['Names'],
  async run(exchange, input) {
    const DeletedParameters: string[] = []
    const InvalidParameters: string[] = []
    for (const given of new Set(input.Names)) {
      const removed = !given.startsWith('arn:') && await remove(exchange, given).then(() => true, (cause: unknown) => {
        if (cause instanceof AwsFault && cause.type === 'ParameterNotFound') return false
        throw cause
      })
      if (removed) DeletedParameters.push(given)
      else InvalidParameters.push(given)
    }
    return { DeletedParameters, InvalidParameters }
  },
})

export const putOperations = [putParameter, deleteParameter, deleteParameters]
