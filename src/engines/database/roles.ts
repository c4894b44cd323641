// roles/ and creds/: accounts made for one lease each.
import { leased, listing } from '../../kit/answer.ts'
import { invalid } from '../../kit/errors.ts'
import { choice, duration, integer, list, map, text } from '../../kit/field.ts'
import { listChildren, pageFields } from '../../kit/page.ts'
import { route, type Context, type LeaseHandler, type Route } from '../../kit/route.ts'
import type { Reader } from '../../kit/view.ts'
import { checkAllowed, needConnection, withDatabase } from './connection.ts'
import { checkCredentialConfig, credentialTypes, makeCredential, type CredentialType } from './credential.ts'
import { driverFor } from './drivers/index.ts'
import { checkFree, nameField, roleFolder, staticRoleFolder } from './name.ts'
import { statements } from './statement.ts'
import { compileUsername } from './username.ts'

interface Role {
  database: string
  creation: string[]
  revocation: string[]
  rollback: string[]
  renewal: string[]
  /** Seconds; 0 for the mount's. */
  defaultTtl: number
  maxTtl: number
  credentialType: CredentialType
  credentialConfig: Record<string, string>
}

const findRole = (store: Reader, name: string): Promise<Role | null> => store.read<Role>(roleFolder + name)

const name = nameField('Name of the role.')
const fields = {
  db_name: text({ about: 'Name of the connection.' }),
  creation_statements: statements({ about: 'Statements that make the account, with {{name}}, {{password}} and {{expiration}}.' }),
  revocation_statements: statements({ about: 'Statements that drop it; default: what the kind of database needs.' }),
  rollback_statements: statements({ about: 'Statements that clean up after a creation that failed.' }),
  renew_statements: statements({ about: 'Statements that move the end of its validity.' }),
  default_ttl: duration({ about: "Seconds that an account lives; 0 for the mount's default." }),
  max_ttl: duration({ about: "Seconds that it lives at most, renewed or not; 0 for the mount's maximum." }),
  credential_type: choice(credentialTypes)({ about: 'What it logs in with.' }),
  credential_config: map({ about: 'password_policy; or key_bits and format.' }),
}

const read = route({
  op: 'read',
  path: 'roles/:name',
  about: 'A role with its statements and times.',
  takes: { name },
  gives: fields,
  async run(context, input) {
    const role = await findRole(context.store, input.name)
    return role && {
      db_name: role.database,
      creation_statements: role.creation,
      revocation_statements: role.revocation,
      rollback_statements: role.rollback,
      renew_statements: role.renewal,
      default_ttl: role.defaultTtl,
      max_ttl: role.maxTtl,
      credential_type: role.credentialType,
      ...(Object.keys(role.credentialConfig).length ? { credential_config: role.credentialConfig } : {}),
    }
  },
})

const write = route({
  op: 'write',
  path: 'roles/:name',
  about: 'Make or change a role; what is not given stays.',
  takes: { ...fields, name },
  exists: async (context, input) => (await findRole(context.store, input.name)) !== null,
  async run(context, input) {
    await context.store.update(async (tx) => {
      await checkFree(tx, staticRoleFolder, input.name)
      const present = await findRole(tx, input.name)
      const role: Role = {
        database: input.db_name ?? present?.database ?? '',
        creation: input.creation_statements ?? present?.creation ?? [],
        revocation: input.revocation_statements ?? present?.revocation ?? [],
        rollback: input.rollback_statements ?? present?.rollback ?? [],
        renewal: input.renew_statements ?? present?.renewal ?? [],
        defaultTtl: input.default_ttl ?? present?.defaultTtl ?? 0,
        maxTtl: input.max_ttl ?? present?.maxTtl ?? 0,
        credentialType: input.credential_type ?? present?.credentialType ?? 'password',
        credentialConfig: input.credential_config ?? present?.credentialConfig ?? {},
      }
      if (role.database === '') throw invalid('database name is required')
      if (role.defaultTtl < 0 || role.maxTtl < 0) throw invalid('a duration cannot be negative')
      if (role.maxTtl > 0 && role.defaultTtl > role.maxTtl) throw invalid('default_ttl cannot be greater than max_ttl')
      checkCredentialConfig(role.credentialType, role.credentialConfig)
      tx.write(roleFolder + input.name, role)
    })
  },
})

const remove = route({
  op: 'delete',
  path: 'roles/:name',
  about: 'Delete a role; accounts made from it live on until their leases end.',
  takes: { name },
  run: (context, input) => context.store.delete(roleFolder + input.name),
})

const listRoles = route({
  op: 'list',
  path: 'roles',
  about: 'The names of the roles.',
  takes: pageFields,
  gives: { keys: list({ about: 'Names.' }) },
  run: async (context, input) => listing(await listChildren(context.store, roleFolder, input)),
})

/** The account outlives its lease by this much, so that it never ends first. */
const marginMs = 5000

function lifetime(context: Context, role: Role): number {
  const longest = Math.min(role.maxTtl || Infinity, context.mount.maxTtl || Infinity)
  return Math.min(role.defaultTtl || context.mount.defaultTtl, longest)
}

const creds = route({
  op: 'read',
  path: 'creds/:name',
  about: 'A fresh account of the role, dropped when its lease ends.',
  takes: { name },
  gives: {
    username: text({ about: 'User name.' }),
    password: text({ about: 'Password.', secret: true }),
    rsa_private_key: text({ about: 'Private key, PEM, for roles of that credential type.', secret: true }),
    ttl: integer({ about: 'Seconds.' }),
  },
  async run(context, input) {
    const role = await findRole(context.store, input.name)
    if (!role) throw invalid(`unknown role: ${input.name}`)
    const connection = await needConnection(context.store, role.database)
    checkAllowed(connection, input.name)
    const driver = driverFor(connection.plugin)
    if (!driver.credentials.includes(role.credentialType)) throw invalid(`unsupported credential_type: "${role.credentialType}"`)
    const template = String(connection.options.username_template || driver.usernameTemplate)
    const username = compileUsername(template)({ DisplayName: context.caller.displayName, RoleName: input.name, now: context.now() })
    if (username === '') throw invalid('username_template gives an empty name')
    const credential = await makeCredential(context, { type: role.credentialType, config: role.credentialConfig }, connection.passwordPolicy)
    const account = { username, login: credential.login, expiration: context.now() + lifetime(context, role) * 1000 + marginMs }
    await withDatabase(context, role.database, async (database) => {
      try {
        await database.create(account, role.creation)
      } catch (error) {
        if (role.rollback.length > 0) await database.drop(account, role.rollback).catch(() => {})
        throw error
      }
    })
    const secretName = role.credentialType === 'password' ? 'password' : 'rsa_private_key'
    return leased({ username, [secretName]: credential.secret }, {
      kind: 'creds',
      data: { username, role: input.name, db_name: role.database, revocation_statements: role.revocation },
      ttl: role.defaultTtl,
      maxTtl: role.maxTtl,
      renewable: true,
    })
  },
})

interface LeaseData {
  username: string
  role: string
  db_name: string
  revocation_statements: string[]
}

/** Where the role is gone, its accounts are renewed no more; they are dropped by the statements of the time they were made. */
export const credsLease: LeaseHandler = {
  async renew(context, raw, increment) {
    const data = raw as unknown as LeaseData
    const role = await findRole(context.store, data.role)
    if (!role) throw invalid(`error during renew: could not find role with name "${data.role}"`)
    const account = { username: data.username, expiration: context.now() + increment * 1000 + marginMs }
    await withDatabase(context, data.db_name, (database) => database.setExpiration(account, role.renewal))
  },
  async revoke(context, raw) {
    const data = raw as unknown as LeaseData
    const role = await findRole(context.store, data.role)
    const revocation = role?.revocation ?? data.revocation_statements
    await withDatabase(context, data.db_name, (database) => database.drop({ username: data.username }, revocation))
  },
}

export const roleRoutes: Route[] = [listRoles, read, write, remove, creds]
