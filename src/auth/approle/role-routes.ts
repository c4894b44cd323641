// Routes of roles: whole, and one path for each setting.
import { listing } from '../../kit/answer.ts'
import { invalid } from '../../kit/errors.ts'
import { type Fields, integer, text } from '../../kit/field.ts'
import { type Route, route } from '../../kit/route.ts'
import { type RoleInput, deleteRole, findRole, nameField, putRole, requireRole, roleFields, roleView, settingFields } from './role.ts'
import { forgetSecretIds } from './secret-id.ts'

const role_name = nameField

/** Each setting that has a path of its own: the fields that a write takes, the first being what a delete resets. */
const settings: [path: string, fields: (keyof typeof settingFields)[], reset: unknown][] = [
  ['policies', ['token_policies', 'policies'], []],
  ['bound-cidr-list', ['bound_cidr_list'], []],
  ['secret-id-bound-cidrs', ['secret_id_bound_cidrs'], []],
  ['token-bound-cidrs', ['token_bound_cidrs'], []],
  ['bind-secret-id', ['bind_secret_id'], true],
  ['secret-id-num-uses', ['secret_id_num_uses'], 0],
  ['secret-id-ttl', ['secret_id_ttl'], 0],
  ['period', ['token_period', 'period'], 0],
  ['token-num-uses', ['token_num_uses'], 0],
  ['token-ttl', ['token_ttl'], 0],
  ['token-max-ttl', ['token_max_ttl'], 0],
]

const settingRoutes = (): Route[] =>
  settings.flatMap(([path, names, reset]) => {
    const place = `role/:role_name/${path}`
    const takes = { role_name, ...Object.fromEntries(names.map((name) => [name, settingFields[name]])) } as Fields
    return [
      route({
        op: 'read',
        path: place,
        about: `Reads ${names[0]} of a role.`,
        takes: { role_name },
        async run({ store }, input) {
          const role = await findRole(store, input.role_name)
          if (!role) return null
          const view: Record<string, unknown> = { ...roleView(role), bound_cidr_list: role.secretIdBoundCidrs }
          view.secret_id_bound_cidrs = role.secretIdBoundCidrs
          return Object.fromEntries(names.filter((name) => view[name] !== undefined).map((name) => [name, view[name]]))
        },
      }),
      route({
        op: 'write',
        path: place,
        about: `Sets ${names[0]} of a role.`,
        takes,
        run({ store }, input) {
          if (names.every((name) => input[name] === undefined)) throw invalid(`missing ${names[0]}`)
          return putRole(store, input.role_name, input as RoleInput, true)
        },
      }),
      route({
        op: 'delete',
        path: place,
        about: `Sets ${names[0]} of a role back to its default.`,
        takes: { role_name },
        run: ({ store }, input) => putRole(store, input.role_name, { [names[0]!]: reset } as RoleInput, true),
      }),
    ]
  })

export const roleRoutes: Route[] = [
  route({
    op: 'list',
    path: 'role',
    about: 'Lists roles.',
    takes: { after: text({ about: 'Begin after this name.' }), limit: integer({ about: 'At most this many.', default: 0 }) },
    run: async ({ store }, input) => listing(await store.children('role/', { limit: input.limit > 0 ? input.limit : 100_000, ...(input.after !== undefined && { after: input.after }) })),
  }),
  route({
    op: 'read',
    path: 'role/:role_name',
    about: 'Reads a role.',
    takes: { role_name },
    async run({ store }, input) {
      const role = await findRole(store, input.role_name)
      return role && roleView(role)
    },
  }),
  route({
    op: 'write',
    path: 'role/:role_name',
    about: 'Makes or changes a role; what is not given stays.',
    takes: { ...roleFields, role_name },
    exists: async ({ store }, input) => (await findRole(store, input.role_name)) !== null,
    run: ({ store }, input) => putRole(store, input.role_name, input, false),
  }),
  route({
    op: 'delete',
    path: 'role/:role_name',
    about: 'Removes a role with its secret ids; tokens live on, but are not renewed.',
    takes: { role_name },
    async run({ store }, input) {
      const role = await deleteRole(store, input.role_name)
      if (role) await forgetSecretIds(store, role)
    },
  }),
  route({
    op: 'read',
    path: 'role/:role_name/role-id',
    about: 'Reads the role id.',
    takes: { role_name },
    async run({ store }, input) {
      const role = await findRole(store, input.role_name)
      return role && { role_id: role.roleId }
    },
  }),
  route({
    op: 'write',
    path: 'role/:role_name/role-id',
    about: 'Sets the role id.',
    takes: { role_name, role_id: text({ about: 'Id to log in with.', required: true }) },
    run: ({ store }, input) => putRole(store, input.role_name, { role_id: input.role_id }, true),
  }),
  route({
    op: 'read',
    path: 'role/:role_name/local-secret-ids',
    about: 'Reads local_secret_ids of a role.',
    takes: { role_name },
    run: async ({ store }, input) => ({ local_secret_ids: (await requireRole(store, input.role_name)).localSecretIds }),
  }),
  ...settingRoutes(),
]
