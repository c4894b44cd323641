// Rotation functions: what the name in a RotationLambdaARN stands for.
import { Fault, invalid } from '../../../kit/errors.ts'
import { checkCidrs } from '../../../kit/cidr.ts'
import { choice, duration, list, map, text } from '../../../kit/field.ts'
import { type Route, route } from '../../../kit/route.ts'
import type { Reader } from '../../../kit/view.ts'
import { checkPolicies } from '../keys.ts'
import { builtins } from './builtin.ts'

const kinds = ['https', 'lambda', 'executable', 'module'] as const

export interface RotationFunction {
  kind: (typeof kinds)[number] | 'builtin'
  /** https: where events are posted; lambda: the endpoint below which `/2015-03-31/functions/NAME/invocations` lies. */
  url: string
  /** executable and module: a file in the server's function folder. */
  file: string
  /** module: the exported function. */
  handler: string
  headers: Record<string, string>
  environment: Record<string, string>
  /** Of the temporary key that a local function gets; none: whatever is done to the one secret. */
  policies: string[]
  /** Seconds for one step. */
  timeout: number
  ca: string
  allowed: string[]
}

const name = text({ about: 'Name of the function: the last part of its ARN.', required: true })

/** The name of a function in an ARN (`arn:aws:lambda:REGION:ACCOUNT:function:NAME`, a version after it is left out), or itself. */
export const functionName = (arn: string): string => /:function:([^:]+)/.exec(arn)?.[1] ?? arn

export async function functionAt(store: Reader, arn: string): Promise<RotationFunction | null> {
  const wanted = functionName(arn)
  const found = await store.read<RotationFunction>(`function/${wanted}`)
  if (found || !Object.hasOwn(builtins, wanted)) return found
  return { kind: 'builtin', url: '', file: '', handler: wanted, headers: {}, environment: {}, policies: [], timeout: 60, ca: '', allowed: [] }
}

/** `folder`: where executables and modules may lie; null: nowhere, '*': anywhere. */
export function functionRoutes(folder: string | null): Route[] {
  return [
    route({
      op: 'write',
      path: 'function/:name',
      about: 'Registers a rotation function.',
      takes: {
        name,
        kind: choice(kinds)({ about: 'https: events are posted to a URL. lambda: a Lambda-compatible endpoint. executable, module: a file on the server.', required: true }),
        url: text({ about: 'Address of https and lambda.', default: '' }),
        file: text({ about: 'Path in the function folder of the server.', default: '' }),
        handler: text({ about: 'Exported function of a module.', default: 'handler' }),
        headers: map({ about: 'Headers of requests to the function, such as its authorization.', default: {}, secret: true }),
        environment: map({ about: 'Variables of a local function.', default: {}, secret: true }),
        policies: list({ about: 'Policies of the temporary key that a local function gets; none: all operations on the secret it rotates.', default: [] }),
        timeout: duration({ about: 'Time for one step.', default: 60 }),
        ca_pem: text({ about: 'Certificate authorities of the address.', default: '' }),
        allowed_networks: list({ about: 'Internal networks in which the address may be.', default: [] }),
      },
      async run(context, input) {
        if (!/^[A-Za-z0-9_-]{1,140}$/.test(input.name)) throw invalid('name: use letters, digits, hyphens and underscores')
        const local = input.kind === 'executable' || input.kind === 'module'
        if (local && folder === null) throw new Fault('denied', 'local functions need function_folder in the configuration of the server')
        if (local && (input.file === '' || input.file.split('/').includes('..'))) throw invalid('file: expected a path without ".."')
        if (!local && !/^https?:\/\//.test(input.url)) throw invalid('url: expected https://…')
        checkCidrs(input.allowed_networks, 'allowed_networks')
        const made: RotationFunction = {
          kind: input.kind, url: input.url.replace(/\/$/, ''), file: input.file, handler: input.handler, headers: input.headers, environment: input.environment, policies: checkPolicies(input.policies),
          timeout: Math.min(Math.max(1, input.timeout), 900), ca: input.ca_pem, allowed: input.allowed_networks,
        }
        await context.store.write(`function/${input.name}`, made)
        return { arn: `arn:aws:lambda:us-east-1:${context.caller.metadata.aws_account ?? '123456789012'}:function:${input.name}` }
      },
    }),
    route({
      op: 'read',
      path: 'function/:name',
      about: 'Shows a rotation function without headers and variables.',
      takes: { name },
      async run(context, input) {
        const found = await functionAt(context.store, input.name)
        return found && { kind: found.kind, url: found.url, file: found.file, handler: found.handler, policies: found.policies, timeout: found.timeout, allowed_networks: found.allowed }
      },
    }),
    route({
      op: 'list',
      path: 'function',
      about: 'Lists the rotation functions, those built in included.',
      takes: {},
      run: async (context) => ({ keys: [...new Set([...(await context.store.children('function/')), ...Object.keys(builtins)])].sort() }),
    }),
    route({ op: 'delete', path: 'function/:name', about: 'Forgets a rotation function.', takes: { name }, run: (context, input) => context.store.delete(`function/${input.name}`) }),
  ]
}
