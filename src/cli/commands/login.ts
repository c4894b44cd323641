// strongroom login
import type { Client } from '../api.ts'
import type { Data, Secret } from '../../sdk/secret.ts'
import { command, flag } from '../command.ts'
import type { Call } from '../command.ts'
import { trimmed } from '../path.ts'
import { askHidden, askText } from '../question.ts'
import { parsePairs } from '../pairs.ts'
import { wrapText } from '../text.ts'
import { tokenHelper } from '../token-helper.ts'
import { UsageError } from '../usage.ts'

const flags = {
  method: flag.text('Type of the auth method: token, userpass, ldap, radius, okta, github, cert, approle, jwt, kubernetes …', { default: 'token' }),
  path: flag.text('Path at which the method is mounted; default its type.'),
  'no-store': flag.boolean('Do not keep the token for later commands.'),
  'no-print': flag.boolean('Do not show the token.'),
  'token-only': flag.boolean('Print the token and nothing else: -field=token -no-store.'),
}
type LoginCall = Call<typeof flags>

/** How each method logs in: what it asks a person for, and where the answers go. */
interface Method {
  text?: string[]
  hidden?: string[]
  /** The API path below the mount, from the data; fields in it are not sent again. */
  path?(data: Data): string
}

const byName = (data: Data): string => {
  const { username } = data
  delete data.username
  return `login/${String(username)}`
}
const named: Method = { text: ['username'], hidden: ['password'], path: byName }

const methods: Record<string, Method> = {
  userpass: named,
  ldap: named,
  radius: named,
  okta: named,
  github: { hidden: ['token'] },
  approle: { text: ['role_id'], hidden: ['secret_id'] },
  jwt: { hidden: ['jwt'] },
  kubernetes: { hidden: ['jwt'] },
  cert: {},
  aws: {},
  azure: {},
  gcp: {},
}

async function readCredential(call: LoginCall, method: string): Promise<Data> {
  const [first, ...rest] = call.args
  const args = method === 'token' && first !== undefined && first !== '-' && !first.includes('=') ? [`token=${first}`, ...rest] : call.args
  if (method === 'token' && first === '-' && rest.length === 0) return { token: (await call.shell.readInput()).trim() }
  const data = await parsePairs(args, call.shell)
  for (const key of Object.keys(data)) if (typeof data[key] === 'string' && args.includes(`${key}=-`)) data[key] = (data[key] as string).replace(/\r?\n$/, '')
  return data
}

async function loginWithToken(call: LoginCall, data: Data): Promise<Secret> {
  const given = data.token as string | undefined
  const token = given || (await askHidden(call.out, call.shell, 'Token', 'give "-" and the token on standard input'))
  if (token === '') throw new UsageError('a token must be passed to auth, please view the help for more information')
  const client = call.client.with({ token, wrapTtl: undefined })
  const noLookup = call.flags['token-only']
  const found = noLookup ? null : ((await client.read('auth/token/lookup-self'))?.data ?? null)
  return {
    data: null,
    auth: {
      client_token: token,
      accessor: String(found?.accessor ?? ''),
      policies: (found?.policies as string[] | undefined) ?? [],
      token_policies: (found?.policies as string[] | undefined) ?? [],
      identity_policies: (found?.identity_policies as string[] | undefined) ?? [],
      metadata: (found?.meta as Record<string, string> | undefined) ?? null,
      ...(found && { orphan: Boolean(found.orphan), entity_id: String(found.entity_id ?? '') }),
      lease_duration: Number(found?.ttl ?? 0),
      renewable: Boolean(found?.renewable ?? false),
    },
  }
}

async function loginWithMethod(call: LoginCall, name: string, data: Data): Promise<{ client: Client; secret: Secret }> {
  const method = methods[name] ?? {}
  const mount = trimmed(String(data.mount ?? call.flags.path ?? name)).replace(/^auth\//, '')
  delete data.mount
  for (const field of method.text ?? []) data[field] ||= await askText(call.out, call.shell, field, `give ${field}=…`)
  for (const field of method.hidden ?? []) data[field] ||= await askHidden(call.out, call.shell, field, `give ${field}=- and the ${field} on standard input`)
  const client = call.client.with({ token: undefined })
  const secret = await client.write(`auth/${mount}/${method.path?.(data) ?? 'login'}`, data)
  if (secret === null) throw new Error('the server answered without a token')
  return { client, secret }
}

/** Where one passcode completes the login, asks for it; otherwise says how to go on. */
async function completeMfa(call: LoginCall, client: Client, secret: Secret): Promise<Secret | null> {
  const needed = secret.auth?.mfa_requirement
  if (!needed) return secret
  const constraints = Object.values(needed.mfa_constraints)
  const only = constraints.length === 1 && constraints[0]!.any.length === 1 ? constraints[0]!.any[0]! : undefined
  if (only === undefined || !call.out.interactive) return null
  const passcode = only.uses_passcode ? await askHidden(call.out, call.shell, `Passcode for ${only.type}`, '') : ''
  return client.write('sys/mfa/validate', { mfa_request_id: needed.mfa_request_id, mfa_payload: { [only.id]: [passcode] } })
}

async function run(call: LoginCall): Promise<number> {
  const { flags: given, out } = call
  const tokenOnly = given['token-only']
  if (given['no-store'] && given['no-print']) throw new UsageError('-no-store and -no-print cannot be used together')
  const name = trimmed(given.method)
  const data = await readCredential(call, name)
  let { client, secret } = name === 'token' ? { client: call.client, secret: await loginWithToken(call, data) } : await loginWithMethod(call, name, data)
  const complete = await completeMfa(call, client, secret)
  if (complete === null) {
    out.warn(wrapText('A login request was issued that is subject to MFA validation. Please make sure to validate the login by sending another request to sys/mfa/validate endpoint.') + '\n')
    return out.secret(secret)
  }
  secret = complete
  if (secret.wrap_info) {
    if (tokenOnly) return out.raw(secret.wrap_info.token)
    if (given['no-store']) return out.secret(secret)
    secret = (await client.with({ token: secret.wrap_info.token }).unwrap())!
  }
  if (!secret.auth) return out.fail('The server returned a secret without authentication information.')
  if (tokenOnly) return out.raw(secret.auth.client_token)
  if (given['no-store']) out.warn(wrapText('The token was not stored in token helper. Set the VAULT_TOKEN environment variable or pass the token below with each request to the server.') + '\n')
  else keep(call, secret.auth.client_token)
  if (given['no-print']) return 0
  if (out.field === undefined && !given['no-store'])
    out.done(wrapText('Success! You are now authenticated. The token information displayed below is already stored in the token helper. You do NOT need to run "strongroom login" again. Future requests will automatically use this token.') + '\n')
  return out.secret(secret)
}

function keep({ out, shell }: LoginCall, token: string): void {
  tokenHelper(shell.environment).store(token)
  const variable = shell.environment.nameOf('TOKEN')
  if (variable !== undefined)
    out.warn(wrapText(`WARNING! The ${variable} environment variable is set! The value of this variable will take precedence; if this is unwanted please unset ${variable} or update its value accordingly.`) + '\n')
}

export const commands = [
  command({
    name: 'login',
    about: 'Authenticate locally',
    takes: '[TOKEN | K=V...]',
    arity: [0, Infinity],
    detail: 'Logs in and keeps the token for later commands. A token or password is best given on standard input: "login -", "password=-".',
    examples: [
      ['Log in with a token', 'login'],
      ['Log in as a user', 'login -method=userpass username=ann'],
    ],
    flags,
    doing: () => 'authenticating',
    run,
  }),
]
