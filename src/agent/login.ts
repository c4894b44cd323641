// The auth methods of `auto_auth`, as one table: what each sends to log in. A method reads its files anew at each login.
import { existsSync, readFileSync, rmSync } from 'node:fs'
import { invalid } from '../kit/errors.ts'
import { type Fields, type Values, boolean, parseFields, text } from '../kit/field.ts'
import type { Auth, Client, Secret } from '../sdk/index.ts'
import type { MethodConfig } from './config.ts'

interface Login<F extends Fields = any> {
  config: F
  /** The path below the mount and the body; or a token that is there already. */
  prepare(config: Values<F>, client: Client): Promise<Prepared> | Prepared
}
type Prepared = { path: string; body: Record<string, unknown>; done?(): void } | { token: string }

const login = <F extends Fields>(declared: Login<F>): Login => declared as Login

function read(file: string): string {
  const value = readFileSync(file, 'utf8').trim()
  if (value === '') throw invalid(`${file} is empty`)
  return value
}

const required = (about: string) => text({ about, required: true })

const logins: Record<string, Login> = {
  token_file: login({
    config: { token_file_path: required('File with a token.') },
    prepare: (config) => ({ token: read(config.token_file_path) }),
  }),
  approle: login({
    config: {
      role_id_file_path: required('File with the role id.'),
      secret_id_file_path: text({ about: 'File with the secret id.' }),
      remove_secret_id_file_after_reading: boolean({ about: 'Whether the secret id serves once.', default: true }),
      secret_id_response_wrapping_path: text({ about: 'Creation path that a wrapped secret id must have.' }),
    },
    async prepare(config, client) {
      const file = config.secret_id_file_path
      const secret = file === undefined ? undefined : await secretId(file, config.secret_id_response_wrapping_path, client)
      return {
        path: 'login',
        body: { role_id: read(config.role_id_file_path), ...(secret !== undefined && { secret_id: secret }) },
        done: () => void (file !== undefined && config.remove_secret_id_file_after_reading && rmSync(file, { force: true })),
      }
    },
  }),
  userpass: passwordLogin(),
  ldap: passwordLogin(),
  jwt: login({
    config: { path: required('File with the JWT.'), role: required('Role.'), remove_jwt_after_reading: boolean({ about: 'Whether the JWT serves once.', default: true }) },
    prepare: (config) => ({ path: 'login', body: { role: config.role, jwt: read(config.path) }, done: () => void (config.remove_jwt_after_reading && rmSync(config.path, { force: true })) }),
  }),
  kubernetes: login({
    config: { role: required('Role.'), token_path: text({ about: 'File with the service account token.', default: '/var/run/secrets/kubernetes.io/serviceaccount/token' }) },
    prepare: (config) => ({ path: 'login', body: { role: config.role, jwt: read(config.token_path) } }),
  }),
  cert: login({
    config: { name: text({ about: 'Name of the certificate role.' }) },
    prepare: (config) => ({ path: 'login', body: config.name === undefined ? {} : { name: config.name } }),
  }),
}

function passwordLogin(): Login {
  return login({
    config: { username: text({ about: 'Name.' }), username_file_path: text({ about: 'File with the name.' }), password_file_path: required('File with the password.') },
    prepare(config) {
      const name = config.username ?? (config.username_file_path && read(config.username_file_path))
      if (!name) throw invalid('expected username or username_file_path')
      return { path: `login/${name}`, body: { password: read(config.password_file_path) } }
    },
  })
}

async function secretId(file: string, wrappingPath: string | undefined, client: Client): Promise<string> {
  if (!existsSync(file)) throw invalid(`${file} does not exist`)
  const value = read(file)
  if (wrappingPath === undefined) return value
  const info = await client.write('sys/wrapping/lookup', { token: value })
  if (info?.data?.creation_path !== wrappingPath) throw invalid('the wrapped secret id was made at another path than configured: it may have been replaced')
  const opened = await client.unwrap(value)
  return String(opened?.data?.secret_id ?? '')
}

/** Throws `invalid` for a method that is not known or settings that it refuses. */
export function checkMethod({ type, config }: MethodConfig): void {
  const known = Object.hasOwn(logins, type) ? logins[type] : undefined
  if (!known) throw invalid(`auto_auth method "${type}" is not known: use ${Object.keys(logins).join(', ')}`)
  parseFields(known.config, config)
}

/** Logs in; gives the token and how long it lives. Rejects with what the server said. */
export async function logIn(client: Client, method: MethodConfig): Promise<Auth> {
  checkMethod(method)
  const { config, prepare } = logins[method.type]!
  const anonymous = client.with({})
  anonymous.token = undefined
  if (method.namespace !== undefined) anonymous.namespace = method.namespace
  const prepared = await prepare(parseFields(config, method.config), anonymous)
  if ('token' in prepared) return lookedUp(anonymous, prepared.token)
  const mount = (method.mount_path ?? `auth/${method.type}`).replace(/^\/+|\/+$/g, '')
  const secret = await anonymous.write(`${mount.startsWith('auth/') ? mount : `auth/${mount}`}/${prepared.path}`, prepared.body)
  prepared.done?.()
  return authOf(secret)
}

export function authOf(secret: Secret | null): Auth {
  if (!secret?.auth?.client_token) throw invalid('the login gave no token')
  return secret.auth
}

async function lookedUp(client: Client, token: string): Promise<Auth> {
  client.token = token
  const data = (await client.read('auth/token/lookup-self'))?.data ?? {}
  return { client_token: token, accessor: String(data.accessor ?? ''), policies: [], metadata: null, lease_duration: Number(data.ttl ?? 0), renewable: data.renewable === true }
}
