// Users with passwords that are kept here. https://openbao.org/api-docs/auth/userpass
import { granted, listing } from '../../kit/answer.ts'
import { isWithinBounds } from '../../kit/cidr.ts'
import { denied, invalid } from '../../kit/errors.ts'
import { type Fields, integer, list, text } from '../../kit/field.ts'
import { type AuthMethod, type Context, type Grant, route } from '../../kit/route.ts'
import { type TokenSettings, changeTokenSettings, freshTokenSettings, grantSettings, tokenFieldsWith, tokenSettingsView } from '../../kit/token-fields.ts'
import { type Brought, checkHash, hashPassword, kindOf, ownKind, tally, verifyPassword } from './password.ts'

interface User {
  hash: string
  token: TokenSettings
}

/** One user behind every way to write a name: case, spaces around it and compatible Unicode forms do not count. */
export function canonicalName(raw: string): string {
  const name = raw.normalize('NFKC').trim().toLowerCase()
  if (name === '' || name.length > 512 || /[\p{Cc}/]/u.test(name)) throw invalid('username: expected a name without slashes and control characters')
  return name
}

const username = text({ about: 'Name of the user; case does not count.', required: true })
const fields = {
  username,
  password: text({ about: 'The password.', secret: true }),
  password_hash: text({ about: 'A bcrypt or argon2id hash instead of the password.', secret: true }),
  ...tokenFieldsWith('policies', 'ttl', 'max_ttl', 'bound_cidrs'),
} satisfies Fields

const tallyPlace = 'brought'

const find = (context: Context, name: string): Promise<User | null> => context.store.read<User>(`user/${canonicalName(name)}`)

async function newHash(input: { password?: string | undefined; password_hash?: string | undefined }): Promise<string | null> {
  if (input.password && input.password_hash) throw invalid('give either password or password_hash')
  if (input.password_hash) checkHash(input.password_hash)
  return input.password_hash || (input.password ? hashPassword(input.password) : null)
}

/** Writes what `changed` makes of a user, null for none, and keeps the tally of hashes that were brought along. */
async function put(context: Context, name: string, changed: (user: User | null) => User | null): Promise<void> {
  const key = `user/${canonicalName(name)}`
  await context.store.update(async (tx) => {
    const user = await tx.read<User>(key)
    const next = changed(user)
    if (next) tx.write(key, next)
    else tx.delete(key)
    if (user?.hash === next?.hash) return
    const brought = (await tx.read<Brought>(tallyPlace)) ?? {}
    const after = tally(brought, user?.hash ?? null, next?.hash ?? null)
    if (JSON.stringify(after) !== JSON.stringify(brought)) tx.write(tallyPlace, after)
  })
}

/** Changes a user that exists. */
const change = (context: Context, name: string, changed: (user: User) => User): Promise<void> =>
  put(context, name, (user) => {
    if (!user) throw invalid('username does not exist')
    return changed(user)
  })

const grantOf = (name: string, user: User): Grant => ({
  displayName: name,
  alias: { name, metadata: {} },
  metadata: { username: name },
  ...grantSettings(user.token),
  internal: { username: name },
})

/** Replaces a hash that was brought along, unless somebody else did meanwhile. */
async function rehash(context: Context, name: string, former: string, password: string): Promise<void> {
  const hash = await hashPassword(password)
  await put(context, name, (user) => (user?.hash === former ? { ...user, hash } : user))
}

async function logIn(context: Context, input: { username: string; password?: string | undefined }) {
  const name = canonicalName(input.username)
  const user = await context.store.read<User>(`user/${name}`)
  if (!input.password) throw invalid('missing password')
  const fits = await verifyPassword(user?.hash ?? null, input.password, (await context.store.read<Brought>(tallyPlace)) ?? {})
  if (!user || !fits) throw invalid('invalid username or password')
  if (kindOf(user.hash) !== ownKind) await rehash(context, name, user.hash, input.password)
  if (!isWithinBounds(context.caller.remote, user.token.boundCidrs)) throw denied()
  return granted(grantOf(name, user))
}

export const userpass: AuthMethod = {
  type: 'userpass',
  about: 'Users with passwords that are kept here',
  loginName: (input) => (typeof input.username === 'string' ? canonicalName(input.username) : undefined),
  async renew(context, grant) {
    const name = String(grant.internal?.username ?? '')
    const user = await find(context, name)
    if (!user) throw invalid('the user of this token is gone')
    if (user.token.policies.join() !== [...grant.policies].sort().join()) throw invalid('policies have changed, not renewing')
    return grantOf(name, user)
  },
  routes: [
    route({
      op: 'write',
      path: 'login/:username',
      about: 'Logs in with user name and password.',
      access: 'open',
      takes: { username, password: text({ about: 'The password.', secret: true }) },
      run: logIn,
    }),
    route({
      op: 'list',
      path: 'users',
      about: 'Lists users.',
      takes: { after: text({ about: 'Begin after this name.' }), limit: integer({ about: 'At most this many.', default: 0 }) },
      run: async ({ store }, input) => listing(await store.children('user/', { limit: input.limit > 0 ? input.limit : 100_000, ...(input.after !== undefined && { after: input.after }) })),
    }),
    route({
      op: 'read',
      path: 'users/:username',
      about: 'Reads what a user\'s tokens will be.',
      takes: { username },
      async run(context, input) {
        const user = await find(context, input.username)
        return user && tokenSettingsView(user.token)
      },
    }),
    route({
      op: 'write',
      path: 'users/:username',
      about: 'Makes or changes a user; what is not given stays.',
      takes: fields,
      exists: async (context, input) => (await find(context, input.username)) !== null,
      async run(context, input) {
        const hash = await newHash(input)
        await put(context, input.username, (user) => {
          if (!user && hash === null) throw invalid('missing password')
          return { hash: hash ?? user!.hash, token: changeTokenSettings(user?.token ?? freshTokenSettings(), input) }
        })
      },
    }),
    route({
      op: 'delete',
      path: 'users/:username',
      about: 'Removes a user; tokens live on, but are not renewed.',
      takes: { username },
      run: (context, input) => put(context, input.username, () => null),
    }),
    route({
      op: 'write',
      path: 'users/:username/password',
      about: 'Sets a user\'s password.',
      takes: { username, password: fields.password, password_hash: fields.password_hash },
      async run(context, input) {
        const hash = await newHash(input)
        if (hash === null) throw invalid('missing password')
        await change(context, input.username, (user) => ({ ...user, hash }))
      },
    }),
    route({
      op: 'write',
      path: 'users/:username/policies',
      about: 'Sets a user\'s policies.',
      takes: { username, policies: list({ about: 'Former name of token_policies.' }), token_policies: list({ about: 'Policies of the tokens.' }) },
      run: (context, input) => change(context, input.username, (user) => ({ ...user, token: changeTokenSettings(user.token, input) })),
    }),
  ],
}
