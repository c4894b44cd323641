// static-roles/, static-creds/, rotate-role/: accounts that exist already, whose credential is changed in time.
import { listing } from '../../kit/answer.ts'
import { invalid } from '../../kit/errors.ts'
import { choice, duration, integer, list, map, text } from '../../kit/field.ts'
import { listChildren, pageFields } from '../../kit/page.ts'
import { route, type Chore, type Context, type Route } from '../../kit/route.ts'
import type { Reader, Transaction } from '../../kit/view.ts'
import { checkAllowed, needConnection, withDatabase } from './connection.ts'
import { checkCredentialConfig, credentialTypes, makeCredential, type Credential, type CredentialType } from './credential.ts'
import { driverFor } from './drivers/index.ts'
import { checkFree, nameField, roleFolder, staticRoleFolder } from './name.ts'
import { statements } from './statement.ts'

interface StaticRole {
  database: string
  username: string
  statements: string[]
  /** Seconds between rotations, or 0 where a schedule says when. */
  period: number
  /** Cron expression in UTC, or empty. */
  schedule: string
  /** Seconds after a scheduled time in which the rotation may still happen; 0 for any. */
  window: number
  credentialType: CredentialType
  credentialConfig: Record<string, string>
  /** Milliseconds since 1970; 0 before the first. */
  rotatedAt: number
  /** Milliseconds since 1970; the key below `due/` that stands for it goes with it. */
  dueAt: number
  /** What clients are given. */
  secret: string
  /** A credential that the database may already want: kept until it is known to have taken it. */
  pending?: Credential
}

const dueFolder = 'due/'
const retrySeconds = 10
const shortestPeriod = 5
const shortestWindow = 3600

const findStaticRole = (store: Reader, name: string): Promise<StaticRole | null> => store.read<StaticRole>(staticRoleFolder + name)

const dueKey = (dueAt: number, name: string): string => `${dueFolder}${String(Math.trunc(dueAt / 1000)).padStart(12, '0')}/${name}`

function store(tx: Transaction, name: string, role: StaticRole, before: StaticRole | null): void {
  if (before && before.dueAt !== role.dueAt) tx.delete(dueKey(before.dueAt, name))
  tx.write(dueKey(role.dueAt, name), {})
  tx.write(staticRoleFolder + name, role)
}

/** When a credential that was set at `from` has to be replaced. Throws `invalid` for a schedule that has no next time. */
async function nextDue(role: Pick<StaticRole, 'period' | 'schedule'>, from: number): Promise<number> {
  if (role.schedule === '') return from + role.period * 1000
  // The library also takes a sixth field for seconds, which is more often than the chore looks.
  if (!/^(?:@\w+|\S+(?:\s+\S+){4})$/.test(role.schedule.trim())) throw invalid('could not parse rotation_schedule: expected a cron expression of five fields')
  const { Cron } = await import('croner')
  let next: Date | null
  try {
    next = new Cron(role.schedule, { paused: true, timezone: 'UTC' }).nextRun(new Date(from))
  } catch {
    throw invalid('could not parse rotation_schedule: expected a cron expression of five fields')
  }
  if (!next) throw invalid('rotation_schedule never comes')
  return next.getTime()
}

/** Whether the time in which a scheduled rotation may happen has passed. */
const isLate = (role: StaticRole, now: number): boolean => role.window > 0 && role.rotatedAt > 0 && now > role.dueAt + role.window * 1000

/** The credential to set: the one that an earlier attempt left, or a new one, stored before the database hears of it. */
async function prepare(context: Context, name: string): Promise<StaticRole & { pending: Credential }> {
  const role = await findStaticRole(context.store, name)
  if (!role) throw invalid('no role found for the provided name')
  if (role.pending) return role as StaticRole & { pending: Credential }
  const connection = await needConnection(context.store, role.database)
  const fresh = await makeCredential(context, { type: role.credentialType, config: role.credentialConfig }, connection.passwordPolicy)
  return context.store.update(async (tx) => {
    const present = await findStaticRole(tx, name)
    if (!present) throw invalid('no role found for the provided name')
    const prepared = { ...present, pending: present.pending ?? fresh }
    if (!present.pending) store(tx, name, prepared, present)
    return prepared
  })
}

/** Changes the credential at the database and then here. Safe to repeat, also by two at once: both set the same one. */
async function rotate(context: Context, name: string): Promise<void> {
  const role = await prepare(context, name)
  const { pending } = role
  await withDatabase(context, role.database, (database) => database.setLogin({ username: role.username, login: pending.login }, role.statements))
  const now = context.now()
  const dueAt = await nextDue(role, now)
  await context.store.update(async (tx) => {
    const present = await findStaticRole(tx, name)
    if (present?.pending?.secret !== pending.secret) return
    const { pending: _, ...rest } = present
    store(tx, name, { ...rest, secret: pending.secret, rotatedAt: now, dueAt }, present)
  })
}

async function postpone(context: Context, name: string, dueAt: number): Promise<void> {
  await context.store.update(async (tx) => {
    const present = await findStaticRole(tx, name)
    if (present) store(tx, name, { ...present, dueAt }, present)
  })
}

async function rotateDue(context: Context, key: string, name: string): Promise<void> {
  const role = await findStaticRole(context.store, name)
  if (!role || dueKey(role.dueAt, name) !== key) return context.store.delete(key)
  if (isLate(role, context.now())) return postpone(context, name, await nextDue(role, context.now()))
  try {
    await rotate(context, name)
  } catch (error) {
    await postpone(context, name, context.now() + retrySeconds * 1000)
    throw error
  }
}

/** Rotates what is due, the longest overdue first; what fails is tried again soon, with the same credential. */
export const staticRotation: Chore = {
  name: 'rotate static roles',
  every: 5,
  async run(context) {
    const failures: unknown[] = []
    for (const key of await context.store.keys(dueFolder, { limit: 100 })) {
      context.signal.throwIfAborted()
      const [, second, name] = key.split('/') as [string, string, string]
      if (Number(second) * 1000 > context.now()) break
      await rotateDue(context, key, name).catch((error: unknown) => failures.push(error))
    }
    if (failures.length > 0) throw new AggregateError(failures, `${failures.length} static roles could not be rotated`)
  },
}

const name = nameField('Name of the static role.')
const fields = {
  db_name: text({ about: 'Name of the connection.' }),
  username: text({ about: 'The account; it exists already.' }),
  rotation_period: duration({ about: 'Seconds between rotations, 5 or more.' }),
  rotation_schedule: text({ about: 'Cron expression in UTC, in place of a period.' }),
  rotation_window: duration({ about: 'Seconds after a scheduled time in which the rotation may still happen, an hour or more.' }),
  rotation_statements: statements({ about: 'Statements that change the credential, with {{name}} and {{password}}.' }),
  credential_type: choice(credentialTypes)({ about: 'What it logs in with.' }),
  credential_config: map({ about: 'password_policy; or key_bits and format.' }),
}

function describeSchedule(role: StaticRole): Record<string, unknown> {
  const times = role.schedule === '' ? { rotation_period: role.period } : { rotation_schedule: role.schedule, rotation_window: role.window }
  return role.rotatedAt === 0 ? times : { ...times, last_vault_rotation: new Date(role.rotatedAt).toISOString() }
}

const read = route({
  op: 'read',
  path: 'static-roles/:name',
  about: 'A static role, without its credential.',
  takes: { name },
  gives: fields,
  async run(context, input) {
    const role = await findStaticRole(context.store, input.name)
    return role && {
      db_name: role.database,
      username: role.username,
      rotation_statements: role.statements,
      credential_type: role.credentialType,
      ...describeSchedule(role),
      ...(Object.keys(role.credentialConfig).length ? { credential_config: role.credentialConfig } : {}),
    }
  },
})

type Given = Partial<Record<'db_name' | 'username' | 'rotation_schedule', string>> & {
  rotation_period?: number | undefined
  rotation_window?: number | undefined
  rotation_statements?: string[] | undefined
  credential_type?: CredentialType | undefined
  credential_config?: Record<string, string> | undefined
}

/** The role as the request wants it; throws `invalid` where its parts do not go together. */
function merge(present: StaticRole | null, input: { [K in keyof Given]: Given[K] | undefined }): StaticRole {
  if (input.rotation_period !== undefined && input.rotation_schedule !== undefined) {
    throw invalid('mutually exclusive fields rotation_period and rotation_schedule were both specified; only one of them can be provided')
  }
  const scheduled = input.rotation_schedule !== undefined || (input.rotation_period === undefined && (present?.schedule ?? '') !== '')
  const role: StaticRole = {
    database: input.db_name ?? present?.database ?? '',
    username: input.username ?? present?.username ?? '',
    statements: input.rotation_statements ?? present?.statements ?? [],
    period: scheduled ? 0 : (input.rotation_period ?? present?.period ?? 0),
    schedule: scheduled ? (input.rotation_schedule ?? present!.schedule) : '',
    window: scheduled ? (input.rotation_window ?? present?.window ?? 0) : 0,
    credentialType: input.credential_type ?? present?.credentialType ?? 'password',
    credentialConfig: input.credential_config ?? present?.credentialConfig ?? {},
    rotatedAt: present?.rotatedAt ?? 0,
    dueAt: present?.dueAt ?? 0,
    secret: present?.secret ?? '',
    ...(present?.pending ? { pending: present.pending } : {}),
  }
  if (role.database === '') throw invalid('database name is a required field')
  if (role.username === '') throw invalid('username is a required field to create a static account')
  if (present && present.username !== role.username) throw invalid('cannot update static account username')
  if (!scheduled && input.rotation_period === undefined && !present) {
    throw invalid('one of rotation_schedule or rotation_period must be provided to create a static account')
  }
  if (!scheduled && role.period < shortestPeriod) throw invalid(`rotation_period must be ${shortestPeriod} seconds or more`)
  if (!scheduled && input.rotation_window !== undefined) throw invalid('rotation_window is invalid with use of rotation_period')
  if (role.window !== 0 && role.window < shortestWindow) throw invalid(`rotation_window must be ${shortestWindow} seconds or more`)
  checkCredentialConfig(role.credentialType, role.credentialConfig)
  return role
}

const write = route({
  op: 'write',
  path: 'static-roles/:name',
  about: 'Take an existing account into care: its credential is changed at once and then in time.',
  takes: { ...fields, name },
  exists: async (context, input) => (await findStaticRole(context.store, input.name)) !== null,
  async run(context, input) {
    const draft = merge(await findStaticRole(context.store, input.name), input)
    const connection = await needConnection(context.store, draft.database)
    checkAllowed(connection, input.name)
    if (!driverFor(connection.plugin).credentials.includes(draft.credentialType)) throw invalid(`unsupported credential_type: "${draft.credentialType}"`)
    const dueAt = await nextDue(draft, draft.rotatedAt || context.now())
    const created = await context.store.update(async (tx) => {
      await checkFree(tx, roleFolder, input.name)
      const present = await findStaticRole(tx, input.name)
      store(tx, input.name, { ...merge(present, input), dueAt }, present)
      return present === null
    })
    if (!created) return
    try {
      await rotate(context, input.name)
    } catch (error) {
      await drop(context, input.name)
      throw error
    }
  },
})

async function drop(context: Context, name: string): Promise<void> {
  await context.store.update(async (tx) => {
    const present = await findStaticRole(tx, name)
    if (!present) return
    tx.delete(dueKey(present.dueAt, name))
    tx.delete(staticRoleFolder + name)
  })
}

const remove = route({
  op: 'delete',
  path: 'static-roles/:name',
  about: 'Let go of an account; it keeps its last credential.',
  takes: { name },
  run: (context, input) => drop(context, input.name),
})

const listStaticRoles = route({
  op: 'list',
  path: 'static-roles',
  about: 'The names of the static roles.',
  takes: pageFields,
  gives: { keys: list({ about: 'Names.' }) },
  run: async (context, input) => listing(await listChildren(context.store, staticRoleFolder, input)),
})

const creds = route({
  op: 'read',
  path: 'static-creds/:name',
  about: 'The present credential of a static role, and how long it stays.',
  takes: { name },
  gives: {
    username: text({ about: 'User name.' }),
    password: text({ about: 'Password.', secret: true }),
    rsa_private_key: text({ about: 'Private key, PEM, for roles of that credential type.', secret: true }),
    ttl: integer({ about: 'Seconds until the next rotation.' }),
    rotation_period: fields.rotation_period,
    rotation_schedule: fields.rotation_schedule,
    rotation_window: fields.rotation_window,
    last_vault_rotation: text({ about: 'When it was set.' }),
  },
  async run(context, input) {
    const role = await findStaticRole(context.store, input.name)
    if (!role) throw invalid(`unknown role: ${input.name}`)
    checkAllowed(await needConnection(context.store, role.database), input.name)
    return {
      username: role.username,
      [role.credentialType === 'password' ? 'password' : 'rsa_private_key']: role.secret,
      ttl: Math.max(0, Math.round((role.dueAt - context.now()) / 1000)),
      ...describeSchedule(role),
    }
  },
})

const rotateRole = route({
  op: 'write',
  path: 'rotate-role/:name',
  about: 'Change the credential of a static role now.',
  takes: { name },
  run: (context, input) => rotate(context, input.name),
})

export const staticRoleRoutes: Route[] = [listStaticRoles, read, write, remove, creds, rotateRole]
