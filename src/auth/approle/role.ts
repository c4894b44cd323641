// Roles: who may log in as what, kept by name and found by role id.
import { randomUUID } from 'node:crypto'
import { checkCidrs } from '../../kit/cidr.ts'
import { invalid, notFound } from '../../kit/errors.ts'
import { type Fields, type Values, boolean, duration, integer, list, text } from '../../kit/field.ts'
import { type TokenSettings, changeTokenSettings, freshTokenSettings, tokenFieldsWith, tokenSettingsView } from '../../kit/token-fields.ts'
import { soon } from '../../kit/soon.ts'
import type { Reader, Transaction, View } from '../../kit/view.ts'
import { digestOf } from './digest.ts'

export interface Role {
  /** Names the folder of its secret ids; a role made anew under an old name has another. */
  uid: string
  name: string
  roleId: string
  bindSecretId: boolean
  secretIdBoundCidrs: string[]
  /** Defaults of new secret ids; 0: without limit, without end. */
  secretIdUses: number
  secretIdTtl: number
  localSecretIds: boolean
  token: TokenSettings
}

export const settingFields = {
  bind_secret_id: boolean({ about: 'Whether a login needs a secret id.' }),
  secret_id_bound_cidrs: list({ about: 'Networks from which to log in.' }),
  bound_cidr_list: list({ about: 'Former name of secret_id_bound_cidrs.' }),
  secret_id_num_uses: integer({ about: 'Logins with one secret id; 0: without limit.' }),
  secret_id_ttl: duration({ about: 'Lifetime of a secret id; 0: without end.' }),
  ...tokenFieldsWith('policies', 'period'),
} satisfies Fields

export const roleFields = {
  ...settingFields,
  role_id: text({ about: 'Id to log in with; made up when absent.' }),
  local_secret_ids: boolean({ about: 'Accepted for compatibility; cannot be changed later.' }),
} satisfies Fields

export type RoleInput = Partial<Values<typeof roleFields>>

export const nameField = text({ about: 'Name of the role; case does not count.', required: true })

export function canonicalRole(raw: string): string {
  const name = raw.normalize('NFKC').trim().toLowerCase()
  if (name === '' || name.length > 512 || /[\p{Cc}/]/u.test(name)) throw invalid('role_name: expected a name without slashes and control characters')
  return name
}

export const findRole = (store: Reader, name: string): Promise<Role | null> => store.read<Role>(`role/${canonicalRole(name)}`)

/** The role behind a role id, or null; at once where it is in memory. */
export const findByRoleId = (store: View, roleId: string): Role | null | Promise<Role | null> =>
  soon(digestOf(store, roleId), (digest) => soon(store.soon<{ name: string }>(`role-id/${digest}`), (found) => found && store.soon<Role>(`role/${found.name}`)))

export async function requireRole(store: Reader, name: string): Promise<Role> {
  const role = await findRole(store, name)
  if (!role) throw notFound(`role "${canonicalRole(name)}" does not exist`)
  return role
}

const fresh = (name: string): Role => ({
  uid: randomUUID(),
  name,
  roleId: randomUUID(),
  bindSecretId: true,
  secretIdBoundCidrs: [],
  secretIdUses: 0,
  secretIdTtl: 0,
  localSecretIds: false,
  token: freshTokenSettings(),
})

/** The role with what was given; refuses one that would let anybody in. */
function changed(present: Role, input: RoleInput): Role {
  const role: Role = {
    ...present,
    roleId: input.role_id ?? present.roleId,
    bindSecretId: input.bind_secret_id ?? present.bindSecretId,
    secretIdBoundCidrs: input.secret_id_bound_cidrs ?? input.bound_cidr_list ?? present.secretIdBoundCidrs,
    secretIdUses: input.secret_id_num_uses ?? present.secretIdUses,
    secretIdTtl: input.secret_id_ttl ?? present.secretIdTtl,
    token: changeTokenSettings(present.token, input),
  }
  if (role.roleId === '' || role.roleId.length > 4096 || role.roleId !== role.roleId.trim()) throw invalid('invalid role_id supplied')
  if (role.secretIdUses < 0) throw invalid('secret_id_num_uses cannot be negative')
  if (role.secretIdTtl < 0) throw invalid('secret_id_ttl cannot be negative')
  checkCidrs(role.secretIdBoundCidrs, 'secret_id_bound_cidrs')
  if (!role.bindSecretId && role.secretIdBoundCidrs.length === 0 && role.token.boundCidrs.length === 0) throw invalid('at least one constraint should be enabled on the role')
  return role
}

async function save(tx: Transaction, store: View, role: Role, former: Role | null): Promise<void> {
  const index = `role-id/${await digestOf(store, role.roleId)}`
  if (former?.roleId !== role.roleId) {
    if (await tx.read(index)) throw invalid('role_id already in use')
    if (former) tx.delete(`role-id/${await digestOf(store, former.roleId)}`)
    tx.write(index, { name: role.name })
  }
  tx.write(`role/${role.name}`, role)
}

/** Makes a role, or changes one; `must`: only where it is there. */
export async function putRole(store: View, rawName: string, input: RoleInput, must: boolean): Promise<void> {
  const name = canonicalRole(rawName)
  await digestOf(store, '')
  await store.update(async (tx) => {
    const present = await tx.read<Role>(`role/${name}`)
    if (!present && must) throw invalid(`role "${name}" does not exist`)
    if (present && input.local_secret_ids !== undefined && input.local_secret_ids !== present.localSecretIds) throw invalid('local_secret_ids can only be modified during role creation')
    await save(tx, store, changed(present ?? { ...fresh(name), localSecretIds: input.local_secret_ids ?? false }, input), present)
  })
}

/** Forgets the role at once; its secret ids cannot be used from here on and are removed by who calls. */
export async function deleteRole(store: View, rawName: string): Promise<Role | null> {
  const name = canonicalRole(rawName)
  return store.update(async (tx) => {
    const role = await tx.read<Role>(`role/${name}`)
    if (!role) return null
    tx.delete(`role/${name}`)
    tx.delete(`role-id/${await digestOf(store, role.roleId)}`)
    return role
  })
}

/** As a read shows it. */
export const roleView = (role: Role): Record<string, unknown> => ({
  bind_secret_id: role.bindSecretId,
  local_secret_ids: role.localSecretIds,
  secret_id_bound_cidrs: role.secretIdBoundCidrs.length > 0 ? role.secretIdBoundCidrs : null,
  secret_id_num_uses: role.secretIdUses,
  secret_id_ttl: role.secretIdTtl,
  ...tokenSettingsView(role.token),
})
