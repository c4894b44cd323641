// Reading parameters: by name, version, label or path, and their history.
import { Fault } from '../../../kit/errors.ts'
import { AwsFault } from '../errors.ts'
import { sessionAllows } from '../iam/session.ts'
import { type Exchange, operation } from '../operation.ts'
import { secretsManager } from '../secretsmanager/index.ts'
import { secretArnOf } from '../secretsmanager/secret.ts'
import { boolean, list, number, string } from '../shape.ts'
import { type Allowed, type Filter, checkFilters, filters, passes } from './filters.ts'
import { afterOf, arnOf, badPath, badToken, describe, labelsOf, metadataView, name, newestOf, page, parameterView, pathOf, read, selected, walk } from './parameter.ts'

const decryption = boolean()
const token = string({ max: 4096 })

const reference = '/aws/reference/secretsmanager/'

const uuid = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i

/** A parameter's name that stands for a secret of Secrets Manager, read through that service's own operation. A version's id or label may follow. */
async function referred(exchange: Exchange, given: string, decrypt: boolean): Promise<Record<string, unknown>> {
  if (!decrypt) throw new AwsFault('ValidationException', 'WithDecryption flag must be True for retrieving a Secret Manager secret.')
  const [name = '', selector] = given.slice(reference.length).split(/:(.*)/s)
  const version = selector === undefined ? {} : uuid.test(selector) ? { VersionId: selector } : { VersionStage: selector }
  const input = { SecretId: name, ...version }
  const asked: Exchange = { ...exchange, service: secretsManager, action: 'GetSecretValue', input }
  if (!sessionAllows(asked, 'secretsmanager:GetSecretValue', secretArnOf(asked, input))) await exchange.refuse(new Fault('denied', undefined, { reason: ['session'] }))
  const reading = secretsManager.operations.find((one) => one.name === 'GetSecretValue')!
  const secret = (await Promise.resolve(reading.run(asked, input)).catch((cause: unknown) => {
    if (cause instanceof Fault && cause.code === 'not-found') throw new AwsFault('ParameterNotFound', `An error occurred (ParameterNotFound) when referencing Secrets Manager: Secret ${given} not found.`)
    throw cause
  })) as { ARN: string; VersionId: string; VersionStages?: string[]; CreatedDate: number; SecretString?: string; SecretBinary?: string }
  return {
    Name: given,
    Type: 'SecureString',
    Value: secret.SecretString ?? secret.SecretBinary,
    Version: 0,
    SourceResult: JSON.stringify({ ARN: secret.ARN, name, versionId: secret.VersionId, versionStages: secret.VersionStages, createdDate: secret.CreatedDate }),
    LastModifiedDate: secret.CreatedDate,
    ARN: secret.ARN,
    DataType: 'text',
  }
}

async function one(exchange: Exchange, given: string, decrypt: boolean): Promise<Record<string, unknown>> {
  if (given.startsWith(reference)) return referred(exchange, given, decrypt)
  const { bare, selector } = selected(given.trim())
  return parameterView(exchange, pathOf(bare), await read(exchange, bare, selector, given), decrypt, { given: bare, selector })
}

const getParameter = operation({
  name: 'GetParameter',
  about: 'Reads a parameter.',
  access: [{ op: 'read', path: 'parameter/data/:name' }],
  input: { Name: name, WithDecryption: decryption },
  shows: ['Name', 'WithDecryption'],
  run: async (exchange, input) => ({ Parameter: await one(exchange, input.Name, input.WithDecryption ?? false) }),
})

const getParameters = operation({
  name: 'GetParameters',
  about: 'Reads up to ten parameters.',
  access: [{ op: 'read', path: 'parameter/data/:name' }],
  input: { Names: list(string({ min: 1, max: 2048 }), { required: true, min: 1, max: 10 }), WithDecryption: decryption },
  shows: ['Names', 'WithDecryption'],
  async run(exchange, input) {
    const found: Record<string, unknown>[] = []
    const InvalidParameters: string[] = []
    for (const given of new Set(input.Names)) {
      try {
        found.push(await one(exchange, given, input.WithDecryption ?? false))
      } catch (cause) {
        if (!(cause instanceof AwsFault && /^Parameter(Version)?NotFound$/.test(cause.type))) throw cause
        InvalidParameters.push(given)
      }
    }
    // The service's documentation promises this order.
    return { Parameters: found.sort((a, b) => (String(a.Name) < String(b.Name) ? -1 : 1)), InvalidParameters }
  },
})

const byPath: Allowed = { keys: ['Type', 'KeyId', 'Label'], tags: false, shown: 'Type, KeyId' }
const described: Allowed = { keys: ['Path', 'Name', 'Type', 'KeyId', 'Tier', 'DataType'], tags: true, shown: 'Path, Name, Type, KeyId, Tier' }

const getParametersByPath = operation({
  name: 'GetParametersByPath',
  about: 'Reads the parameters in a folder, or in all below it.',
  access: [{ op: 'scan', path: 'parameter/metadata/:path' }, { op: 'read', path: 'parameter/data/:name' }],
  input: { Path: name, Recursive: boolean(), ParameterFilters: filters, WithDecryption: decryption, MaxResults: number({ min: 1, max: 10 }), NextToken: token },
  shows: ['Path', 'Recursive', 'WithDecryption'],
  async run(exchange, input) {
    if (!/^\/(?:[A-Za-z0-9_.-]+(?:\/|$))*$/.test(input.Path)) throw badPath()
    const folder = pathOf(input.Path)
    const wanted = input.ParameterFilters ?? []
    checkFilters(wanted, byPath)
    const depth = folder === '' ? 0 : folder.split('/').length
    async function* fitting() {
      for await (const found of walk(exchange, folder, relative(folder, afterOf(input.NextToken)))) {
        if ((input.Recursive || found.path.split('/').length === depth + 1) && passes(wanted, found)) yield found
      }
    }
    const { taken, next } = await page(fitting(), input.MaxResults ?? 10, (found) => found.path)
    const label = wanted.find((filter: Filter) => filter.Key === 'Label')?.Values?.[0]
    const Parameters = []
    for (const found of taken) Parameters.push(parameterView(exchange, found.path, await read(exchange, `/${found.path}`, label), input.WithDecryption ?? false))
    return { Parameters, ...(next && { NextToken: next }) }
  },
})

/** A path as the scan of its folder names it. */
const relative = (folder: string, path: string | undefined): string | undefined => (path === undefined || folder === '' ? path : path.slice(folder.length + 1))

const getParameterHistory = operation({
  name: 'GetParameterHistory',
  about: 'Reads every version of a parameter.',
  access: [{ op: 'read', path: 'parameter/metadata/:name' }, { op: 'read', path: 'parameter/data/:name' }],
  input: { Name: name, WithDecryption: decryption, MaxResults: number({ min: 1, max: 50 }), NextToken: token },
  shows: ['Name', 'WithDecryption'],
  async run(exchange, input) {
    const found = await describe(exchange, input.Name)
    const { path } = found
    const after = Number(afterOf(input.NextToken) ?? 0)
    if (!Number.isInteger(after)) throw badToken()
    const most = input.MaxResults ?? 50
    const shown = found.versions.filter((version) => version.readable && version.number > after)
    const Parameters = []
    for (const version of shown.slice(0, most)) {
      const value = parameterView(exchange, path, await read(exchange, `/${path}`, String(version.number)), input.WithDecryption ?? false)
      Parameters.push({ ...metadataView(found.attributes, path, version), Value: value.Value, Labels: labelsOf(found.attributes, version.id) })
    }
    return { Parameters, ...(shown.length > most && { NextToken: Buffer.from(String(shown[most - 1]!.number)).toString('base64url') }) }
  },
})

const describeParameters = operation({
  name: 'DescribeParameters',
  about: 'Finds parameters by what is kept beside their values.',
  access: [{ op: 'scan', path: 'parameter/metadata' }],
  input: { Filters: filters, ParameterFilters: filters, MaxResults: number({ min: 1, max: 50 }), NextToken: token, Shared: boolean() },
  async run(exchange, input) {
    if (input.Filters && input.ParameterFilters) throw new AwsFault('ValidationException', 'You can use either Filters or ParameterFilters in a single request.')
    const wanted = input.ParameterFilters ?? (input.Filters ?? []).map((filter) => ({ ...filter, Option: filter.Key === 'Name' ? 'BeginsWith' : undefined }))
    checkFilters(wanted, described)
    async function* fitting() {
      for await (const found of walk(exchange, '', afterOf(input.NextToken))) if (passes(wanted, found)) yield found
    }
    const { taken, next } = await page(fitting(), input.MaxResults ?? 10, (found) => found.path)
    const Parameters = taken.map((found) => ({ ...metadataView(found.attributes, found.path, newestOf(found)!), ARN: arnOf(exchange, found.path) }))
    return { Parameters, ...(next && { NextToken: next }) }
  },
})

export const getOperations = [getParameter, getParameters, getParametersByPath, getParameterHistory, describeParameters]
