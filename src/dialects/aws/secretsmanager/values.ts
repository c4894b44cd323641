// Reading and writing values: GetSecretValue, BatchGetSecretValue, CreateSecret, PutSecretValue, UpdateSecret.
import { randomUUID } from 'node:crypto'
import { Fault } from '../../../kit/errors.ts'
import { AwsFault, awsFaultOf } from '../errors.ts'
import { type Exchange, operation } from '../operation.ts'
import { blob, boolean, list, number, string } from '../shape.ts'
import { notCopied } from './cross-account.ts'
import { filters, matching } from './filters.ts'
import { governed } from './resource-policy.ts'
import { replicaRegions, replicasOf, statusOf } from './replication.ts'
import { type Place, arnOf, checkName, nameOf, pathOf } from './name.ts'
import { type Attributes, change, describe, identityOf, onSecret, read, secondsOf, secretId, write } from './secret.ts'
import { tags, tagsOf } from './tags.ts'

const mostBytes = 65_536
/** Of all versions together. https://docs.aws.amazon.com/secretsmanager/latest/userguide/reference_limits.html */
const limits = { labels: 20 }
const token = string({ min: 32, max: 64 })
const secretString = string({ min: 1, max: mostBytes, secret: true })
const secretBinary = blob({ min: 1, max: mostBytes, secret: true })
const description = string({ max: 2048 })
const kmsKeyId = string({ max: 2048 })
const type = string({ max: 256 })

interface Value {
  SecretString?: string | undefined
  SecretBinary?: Buffer | undefined
}

/** The one value that an input holds, as the store takes it; null where it holds none. */
function payloadOf({ SecretString, SecretBinary }: Value): { payload: string; media: 'text' | 'binary' } | null {
  if (SecretString !== undefined && SecretBinary !== undefined) throw new AwsFault('InvalidParameterException', "You can't specify both a binary secret value and a string secret value in the same secret.")
  if (SecretBinary !== undefined) return { payload: SecretBinary.toString('base64'), media: 'binary' }
  if (SecretString === undefined) return null
  if (Buffer.byteLength(SecretString) > mostBytes) throw new AwsFault('ValidationException', "1 validation error detected: Value at 'secretString' failed to satisfy constraint: Member must have length less than or equal to 65536")
  return { payload: SecretString, media: 'text' }
}

async function valueAt(exchange: Exchange, place: Place, body: Record<string, unknown>): Promise<object> {
  const { binary, payload, version } = await read(exchange, place, body)
  const { mark, id, created, stages } = JSON.parse(version) as { mark: string; id: string; created: string; stages: string[] }
  return {
    ...identityOf(exchange, place, mark),
    VersionId: id,
    ...(binary ? { SecretBinary: payload } : { SecretString: payload }),
    ...(stages.length > 0 && { VersionStages: stages }),
    CreatedDate: secondsOf(created),
  }
}

const getSecretValue = operation({
  name: 'GetSecretValue',
  about: 'Reads the value of a version of a secret.',
  access: [{ op: 'read', path: 'secret/data/:name' }],
  input: { SecretId: secretId, VersionId: token, VersionStage: string({ min: 1, max: 256 }) },
  shows: ['SecretId', 'VersionId', 'VersionStage'],
  run: (exchange, { SecretId, VersionId, VersionStage }) =>
    onSecret(exchange, SecretId, (place) => valueAt(exchange, place, { ...(VersionId !== undefined && { version_id: VersionId }), ...(VersionStage !== undefined && { stage: VersionStage }) })),
})

const batchGetSecretValue = operation({
  name: 'BatchGetSecretValue',
  about: 'Reads the current values of up to 20 secrets, named or found by filters.',
  access: [{ op: 'read', path: 'secret/data/:name' }, { op: 'scan', path: 'secret/metadata' }],
  input: { SecretIdList: list(string({ min: 1, max: 2048 }), { min: 1, max: 20 }), Filters: filters, MaxResults: number({ min: 1, max: 20 }), NextToken: string({ min: 1, max: 4096 }) },
  shows: ['SecretIdList', 'Filters'],
  async run(exchange, { SecretIdList, Filters, MaxResults, NextToken }) {
    if (SecretIdList && Filters) throw new AwsFault('InvalidParameterException', 'Either \'SecretIdList\' or \'Filters\' must be provided, but not both.')
    if (!SecretIdList && !Filters) throw new AwsFault('InvalidParameterException', 'Either \'SecretIdList\' or \'Filters\' must be provided, but not both.')
    if (SecretIdList && MaxResults !== undefined) throw new AwsFault('InvalidParameterException', "'Filters' not specified. 'Filters' must also be specified when 'MaxResults' is provided.")
    const SecretValues: object[] = []
    const Errors: object[] = []
    const take = async (id: string, run: () => Promise<object>): Promise<void> => {
      try {
        SecretValues.push(await run())
      } catch (cause) {
        const fault = awsFaultOf(cause, exchange.service.faults)
        if (fault.status >= 500) throw cause
        Errors.push({ SecretId: id, ErrorCode: fault.type, Message: fault.message })
      }
    }
    if (SecretIdList) {
      for (const id of SecretIdList) await take(id, () => onSecret(exchange, id, (place) => valueAt(exchange, place, {}), 'GetSecretValue'))
      return { SecretValues, Errors }
    }
    const found = await matching(exchange, Filters!, { most: MaxResults ?? 20, next: NextToken, planned: false })
    for (const { path, mark } of found.secrets) {
      const place: Place = { namespace: exchange.namespace, path, mark }
      await take(arnOf(exchange, place, mark), async () => valueAt(exchange, await governed(exchange, place, 'GetSecretValue'), {}))
    }
    return { SecretValues, Errors, ...(found.next && { NextToken: found.next }) }
  },
})

/** `exists` in this service's words: the secret, or a version of it with the same id. */
async function saying<T>(exchange: Exchange, place: Place, id: string, run: () => Promise<T>): Promise<T> {
  try {
    return await run()
  } catch (cause) {
    if (!(cause instanceof Fault) || cause.code !== 'exists') throw cause
    const [is, mark] = cause.reason ?? []
    if (is !== 'version') throw new AwsFault('ResourceExistsException', `The operation failed because the secret ${nameOf(place.path)} already exists.`)
    throw new AwsFault('ResourceExistsException', `You can't use ClientRequestToken ${id} because that value is already in use for a version of secret ${arnOf(exchange, place, mark!)}.`)
  }
}

const createSecret = operation({
  name: 'CreateSecret',
  about: 'Makes a secret, with or without a value.',
  access: [{ op: 'write', path: 'secret/data/:name' }],
  input: {
    Name: string({ required: true, min: 1, max: 512 }), ClientRequestToken: token, Description: description, KmsKeyId: kmsKeyId, SecretBinary: secretBinary, SecretString: secretString,
    Tags: tags, AddReplicaRegions: replicaRegions, ForceOverwriteReplicaSecret: boolean(), Type: type, CrossAccountPrimaryARN: string({ min: 20, max: 2048 }),
  },
  shows: ['Name', 'Description', 'KmsKeyId', 'ClientRequestToken'],
  async run(exchange, input) {
    checkName(input.Name)
    if (input.CrossAccountPrimaryARN !== undefined) throw notCopied()
    const value = payloadOf(input)
    const replicas = input.AddReplicaRegions && replicasOf(exchange, [], input.AddReplicaRegions)
    const attributes: Attributes = {
      region: exchange.region,
      ...(input.Description !== undefined && { description: input.Description }),
      ...(input.KmsKeyId !== undefined && { kmsKeyId: input.KmsKeyId }),
      ...(input.Type !== undefined && { type: input.Type }),
      ...(replicas && { replicas }),
      ...(input.Tags && { tagged: true }),
    }
    const place = { namespace: exchange.namespace, path: pathOf(input.Name) }
    const id = input.ClientRequestToken ?? randomUUID()
    const entry = { mode: 'create', ...value, id, attributes, tags: tagsOf(input.Tags) }
    const made = await saying(exchange, place, id, () => write(exchange, place, entry))
    return { ...identityOf(exchange, place, made.mark), ...(value && { VersionId: made.id }), ...(replicas && { ReplicationStatus: replicas.map(statusOf) }) }
  },
})

const putSecretValue = operation({
  name: 'PutSecretValue',
  about: 'Writes a new version of a secret.',
  access: [{ op: 'write', path: 'secret/data/:name' }],
  input: { SecretId: secretId, ClientRequestToken: token, SecretBinary: secretBinary, SecretString: secretString, VersionStages: list(string({ min: 1, max: 256 }), { min: 1, max: 20 }), RotationToken: string({ min: 36, max: 256, pattern: /^^[a-zA-Z0-9-]+$$/, secret: true }) },
  shows: ['SecretId', 'ClientRequestToken', 'VersionStages'],
  async run(exchange, input) {
    const value = payloadOf(input)
    if (!value) throw new AwsFault('InvalidRequestException', 'You must provide either SecretString or SecretBinary.')
    const id = input.ClientRequestToken ?? randomUUID()
    return onSecret(exchange, input.SecretId, async (place) => {
      const made = await saying(exchange, place, id, () => write(exchange, place, { mode: 'put', ...value, id, limits, ...(input.VersionStages && { stages: input.VersionStages }) }))
      return { ...identityOf(exchange, place, made.mark), VersionId: made.id, VersionStages: made.stages }
    })
  },
})

const updateSecret = operation({
  name: 'UpdateSecret',
  about: 'Changes what is said of a secret and, where a value is given, writes a new current version.',
  access: [{ op: 'patch', path: 'secret/metadata/:name' }, { op: 'write', path: 'secret/data/:name' }],
  input: { SecretId: secretId, ClientRequestToken: token, Description: description, KmsKeyId: kmsKeyId, SecretBinary: secretBinary, SecretString: secretString, Type: type },
  shows: ['SecretId', 'ClientRequestToken', 'Description', 'KmsKeyId'],
  async run(exchange, input) {
    const value = payloadOf(input)
    const attributes: Attributes = {
      ...(input.Description !== undefined && { description: input.Description }),
      ...(input.KmsKeyId !== undefined && { kmsKeyId: input.KmsKeyId }),
      ...(input.Type !== undefined && { type: input.Type }),
    }
    return onSecret(exchange, input.SecretId, async (place) => {
      if (!value) {
        const changed = await change(exchange, place, { attributes })
        return identityOf(exchange, place, changed.mark)
      }
      const id = input.ClientRequestToken ?? randomUUID()
      const made = await saying(exchange, place, id, () => write(exchange, place, { mode: 'put', ...value, id, attributes }))
      return { ...identityOf(exchange, place, made.mark), VersionId: made.id }
    })
  },
})

const listSecretVersionIds = operation({
  name: 'ListSecretVersionIds',
  about: 'Lists the versions of a secret that have labels, or all.',
  access: [{ op: 'read', path: 'secret/metadata/:name' }],
  input: { SecretId: secretId, MaxResults: number({ min: 1, max: 100 }), NextToken: string({ min: 1, max: 4096 }), IncludeDeprecated: boolean() },
  shows: ['SecretId'],
  run: (exchange, input) =>
    onSecret(exchange, input.SecretId, async (place) => {
      const secret = await describe(exchange, place)
      const from = input.NextToken === undefined ? 0 : pageFrom(input.NextToken)
      const most = input.MaxResults ?? 100
      const shown = secret.versions.filter((version) => version.readable && (input.IncludeDeprecated || version.stages.length > 0) && version.number > from)
      const page = shown.slice(0, most)
      return {
        ...identityOf(exchange, place, secret.mark),
        Versions: page.map((version) => ({ VersionId: version.id, ...(version.stages.length > 0 && { VersionStages: version.stages }), ...(version.seen !== undefined && { LastAccessedDate: version.seen }), CreatedDate: secondsOf(version.created), KmsKeyIds: [secret.attributes.kmsKeyId ?? 'DefaultEncryptionKey'] })),
        ...(shown.length > most && { NextToken: Buffer.from(String(page.at(-1)!.number)).toString('base64url') }),
      }
    }),
})

function pageFrom(token: string): number {
  const number = Number(Buffer.from(token, 'base64url').toString())
  if (!Number.isInteger(number)) throw new AwsFault('InvalidNextTokenException', 'Invalid NextToken.')
  return number
}

const updateSecretVersionStage = operation({
  name: 'UpdateSecretVersionStage',
  about: 'Moves a staging label from one version to another.',
  access: [{ op: 'patch', path: 'secret/metadata/:name' }],
  input: { SecretId: secretId, VersionStage: string({ required: true, min: 1, max: 256 }), RemoveFromVersionId: token, MoveToVersionId: token },
  shows: ['SecretId', 'VersionStage', 'RemoveFromVersionId', 'MoveToVersionId'],
  run: (exchange, { SecretId, VersionStage, RemoveFromVersionId, MoveToVersionId }) =>
    onSecret(exchange, SecretId, async (place) => {
      const changed = await change(exchange, place, { stage: { name: VersionStage, to: MoveToVersionId, from: RemoveFromVersionId }, limits })
      return identityOf(exchange, place, changed.mark)
    }),
})

export const valueOperations = [getSecretValue, batchGetSecretValue, createSecret, putSecretValue, updateSecret, listSecretVersionIds, updateSecretVersionStage]
