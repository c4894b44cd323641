// config/, reset/, rotate-root/: the connections of the mount.
import { answer, listing } from '../../kit/answer.ts'
import { Fault, invalid } from '../../kit/errors.ts'
import { boolean, list, object, text } from '../../kit/field.ts'
import { listChildren, pageFields } from '../../kit/page.ts'
import { route, type Route } from '../../kit/route.ts'
import {
  closeConnection, connectionFolder, findConnection, needConnection, newRevision, settlePending, tryConnection, withDatabase, type Connection,
} from './connection.ts'
import { passwordFor } from './credential.ts'
import { driverFor, driverOptions } from './drivers/index.ts'
import { nameField } from './name.ts'
import { statements } from './statement.ts'
import { compileUsername } from './username.ts'

const name = nameField('Name of the connection.')

const given = {
  plugin_name: text({ about: 'Kind of database, such as postgresql-database-plugin.' }),
  plugin_version: text({ about: 'Accepted for other clients; every kind is built in.' }),
  allowed_roles: list({ about: 'Roles that may use the connection; * for all.' }),
  root_rotation_statements: statements({ about: "Statements that change the administrator's password." }),
  password_policy: text({ about: 'Password policy for generated passwords.' }),
}

const shown = {
  plugin_name: given.plugin_name,
  allowed_roles: given.allowed_roles,
  connection_details: object({ about: 'Settings of the connection, without secrets.' }),
  password_policy: given.password_policy,
  root_credentials_rotate_statements: given.root_rotation_statements,
}

/** The URL with its password, if someone wrote one into it, covered. */
function covered(url: string): string {
  if (/\{\{\s*password\s*\}\}/.test(url)) return url
  return url.replace(/^([a-z][a-z0-9+.-]*:\/\/[^:@/?#]*):[^@/?#]*@/i, '$1:xxxxx@').replace(/(\bpassword\s*=\s*)('(?:[^'\\]|\\.)*'|[^\s&]+)/i, '$1xxxxx')
}

const holdsPassword = (url: string): boolean => covered(url) !== url

function describe(connection: Connection): Record<string, unknown> {
  const { options } = driverFor(connection.plugin)
  const { connection_url: url, ...rest } = connection.options
  const details = Object.entries(rest).filter(([key]) => !options[key]?.secret)
  return {
    plugin_name: connection.plugin,
    plugin_version: connection.version,
    allowed_roles: connection.allowedRoles,
    connection_details: { ...(url === undefined ? {} : { connection_url: covered(String(url)) }), ...Object.fromEntries(details) },
    password_policy: connection.passwordPolicy,
    root_credentials_rotate_statements: connection.rootStatements,
  }
}

const read = route({
  op: 'read',
  path: 'config/:name',
  about: 'A connection, without its secrets.',
  takes: { name },
  gives: shown,
  async run(context, input) {
    const connection = await findConnection(context.store, input.name)
    return connection && describe(connection)
  },
})

const write = route({
  op: 'write',
  path: 'config/:name',
  about: 'Make or change a connection; what is not given stays. Logs in to see that it works.',
  takes: {
    ...driverOptions,
    ...given,
    name,
    verify_connection: boolean({ about: 'Log in before storing.', default: true }),
  },
  exists: async (context, input) => (await findConnection(context.store, input.name)) !== null,
  async run(context, input) {
    const settings: Record<string, unknown> = input
    const present = await findConnection(context.store, input.name)
    const plugin = input.plugin_name ?? present?.plugin
    if (!plugin) throw invalid('empty plugin name')
    const driver = driverFor(plugin)
    const changed = Object.keys(driver.options).filter((key) => settings[key] !== undefined).map((key) => [key, settings[key]])
    const options: Record<string, unknown> = { ...present?.options, ...Object.fromEntries(changed) }
    if (options.username_template) compileUsername(String(options.username_template))({ DisplayName: 'name', RoleName: 'role', now: context.now() })
    if (input.verify_connection) await verify(plugin, options)
    else await driver.open(options).close()
    const next: Connection = {
      plugin,
      version: input.plugin_version ?? present?.version ?? '',
      options,
      allowedRoles: input.allowed_roles ?? present?.allowedRoles ?? [],
      rootStatements: input.root_rotation_statements ?? present?.rootStatements ?? [],
      passwordPolicy: input.password_policy ?? present?.passwordPolicy ?? '',
      revision: newRevision(context),
      ...(present?.pending !== undefined && settings.password === undefined ? { pending: present.pending } : {}),
    }
    await context.store.write(connectionFolder + input.name, next)
    closeConnection(context, input.name)
    return holdsPassword(String(options.connection_url ?? '')) ? answer({ warnings: [warning] }) : undefined
  },
})

const warning = 'Password found in connection_url, use a templated url to enable root rotation and prevent read access to password information.'

/** A log-in that fails is the request's mistake. */
async function verify(plugin: string, options: Record<string, unknown>): Promise<void> {
  try {
    await tryConnection(plugin, options)
  } catch (error) {
    throw error instanceof Fault ? invalid(`error creating database object: error verifying connection: ${error.message}`) : error
  }
}

const listConnections = route({
  op: 'list',
  path: 'config',
  about: 'The names of the connections.',
  takes: pageFields,
  gives: { keys: list({ about: 'Names.' }) },
  run: async (context, input) => listing(await listChildren(context.store, connectionFolder, input)),
})

const remove = route({
  op: 'delete',
  path: 'config/:name',
  about: 'Delete a connection; accounts that were made over it stay until their leases end, and then cannot be dropped.',
  takes: { name },
  async run(context, input) {
    await context.store.delete(connectionFolder + input.name)
    closeConnection(context, input.name)
  },
})

const reset = route({
  op: 'write',
  path: 'reset/:name',
  about: 'Close the connections to a database and log in anew.',
  takes: { name },
  async run(context, input) {
    await needConnection(context.store, input.name)
    closeConnection(context, input.name)
    await withDatabase(context, input.name, (database) => database.ping())
  },
})

const rotateRoot = route({
  op: 'write',
  path: 'rotate-root/:name',
  about: "Replace the administrator's password by one that only this server knows.",
  takes: { name },
  async run(context, input) {
    const present = await needConnection(context.store, input.name)
    const username = present.options.username
    if (typeof username !== 'string' || username === '') throw invalid('unable to rotate root credentials: no username in configuration')
    if (!present.options.password) throw invalid('unable to rotate root credentials: no password in configuration')
    const fresh = await passwordFor(context, present.passwordPolicy)
    // Stored before the database hears of it: whichever of the two it ends up with, this server knows it.
    const pending = await context.store.update(async (tx) => {
      const connection = await needConnection(tx, input.name)
      if (connection.pending === undefined) tx.write(connectionFolder + input.name, { ...connection, pending: fresh })
      return connection.pending ?? fresh
    })
    await withDatabase(context, input.name, async (database, connection) => {
      if (connection.pending !== undefined) await database.setLogin({ username, login: { password: pending } }, connection.rootStatements)
    })
    const connection = await needConnection(context.store, input.name)
    if (connection.pending !== undefined) await settlePending(context, input.name, connection)
    closeConnection(context, input.name)
  },
})

export const configRoutes: Route[] = [listConnections, read, write, remove, reset, rotateRoot]
