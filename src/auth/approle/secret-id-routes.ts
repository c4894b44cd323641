// Routes of secret ids: making, looking up, destroying, by themselves and by accessor.
import { answer, listing } from '../../kit/answer.ts'
import { invalid, notFound } from '../../kit/errors.ts'
import { type Fields, type Values, any, duration, integer, isObject, list, text } from '../../kit/field.ts'
import { type Context, type Route, route } from '../../kit/route.ts'
import { nameField, requireRole } from './role.ts'
import { type SecretId, accessorsOf, createSecretId, destroySecretId, findByAccessor, findSecretId, tidySecretIds } from './secret-id.ts'

const role_name = nameField
const secret_id = text({ about: 'The secret id.', required: true, secret: true })
const secret_id_accessor = text({ about: 'Accessor of the secret id.', required: true })

const makeFields = {
  role_name,
  metadata: any({ about: 'Kept with the secret id and shown on its tokens: an object, or its JSON.' }),
  cidr_list: list({ about: 'Networks from which this secret id may be used.', default: [] }),
  token_bound_cidrs: list({ about: 'Networks from which its tokens may be used.', default: [] }),
  ttl: duration({ about: 'Lifetime; default: the role\'s.' }),
  num_uses: integer({ about: 'Logins; default: the role\'s.' }),
} satisfies Fields

function metadataOf(raw: unknown): Record<string, string> {
  let value = raw
  if (value === undefined || value === null || value === '') return {}
  if (typeof value === 'string') {
    try {
      value = JSON.parse(value)
    } catch {
      throw invalid('metadata: failed to parse the JSON text')
    }
  }
  if (!isObject(value) || Object.values(value).some((one) => typeof one !== 'string')) throw invalid('metadata: expected an object of strings, or its JSON')
  return value as Record<string, string>
}

async function make(context: Context, input: Values<typeof makeFields>, id?: string) {
  const role = await requireRole(context.store, input.role_name)
  const wanted = { metadata: metadataOf(input.metadata), cidrs: input.cidr_list, tokenCidrs: input.token_bound_cidrs, ttl: input.ttl, uses: input.num_uses, id }
  const made = await createSecretId(context, role, wanted)
  return { secret_id: made.id, secret_id_accessor: made.secret.accessor, secret_id_ttl: made.secret.ttl, secret_id_num_uses: made.secret.uses }
}

const iso = (at: number): string => (at > 0 ? new Date(at).toISOString() : '0001-01-01T00:00:00Z')

const view = (secret: SecretId): Record<string, unknown> => ({
  cidr_list: secret.cidrs,
  creation_time: iso(secret.createdAt),
  expiration_time: iso(secret.expiresAt),
  last_updated_time: iso(secret.updatedAt),
  metadata: secret.metadata,
  secret_id_accessor: secret.accessor,
  secret_id_num_uses: secret.uses,
  secret_id_ttl: secret.ttl,
  token_bound_cidrs: secret.tokenCidrs,
})

async function ofAccessor(context: Context, input: { role_name: string; secret_id_accessor: string }) {
  const role = await requireRole(context.store, input.role_name)
  const found = await findByAccessor(context, role, input.secret_id_accessor)
  if (!found) throw notFound(`failed to find accessor entry for secret_id_accessor: "${input.secret_id_accessor.slice(0, 64)}"`)
  return { role, found }
}

async function destroy(context: Context, input: { role_name: string; secret_id: string }): Promise<void> {
  const role = await requireRole(context.store, input.role_name)
  const found = await findSecretId(context, role, input.secret_id)
  if (found) await destroySecretId(context.store, role, found)
}

async function destroyByAccessor(context: Context, input: { role_name: string; secret_id_accessor: string }): Promise<void> {
  const { role, found } = await ofAccessor(context, input)
  await destroySecretId(context.store, role, found)
}

export const secretIdRoutes: Route[] = [
  route({ op: 'write', path: 'role/:role_name/secret-id', about: 'Makes a secret id.', takes: makeFields, run: (context, input) => make(context, input) }),
  route({
    op: 'write',
    path: 'role/:role_name/custom-secret-id',
    about: 'Registers a secret id of the client\'s choice.',
    takes: { ...makeFields, secret_id },
    run: (context, input) => make(context, input, input.secret_id),
  }),
  route({
    op: 'list',
    path: 'role/:role_name/secret-id',
    about: 'Lists accessors of the role\'s secret ids.',
    takes: { role_name, after: text({ about: 'Begin after this accessor.' }), limit: integer({ about: 'At most this many.', default: 0 }) },
    run: async ({ store }, input) =>
      listing(await accessorsOf(store, await requireRole(store, input.role_name), { limit: input.limit > 0 ? input.limit : 1_000_000, ...(input.after !== undefined && { after: input.after }) })),
  }),
  route({
    op: 'write',
    path: 'role/:role_name/secret-id/lookup',
    about: 'Tells what a secret id is; nothing (204) where it is unknown.',
    takes: { role_name, secret_id },
    async run(context, input) {
      const found = await findSecretId(context, await requireRole(context.store, input.role_name), input.secret_id)
      return found && view(found.secret)
    },
  }),
  route({
    op: 'write',
    path: 'role/:role_name/secret-id-accessor/lookup',
    about: 'Tells what the secret id behind an accessor is.',
    takes: { role_name, secret_id_accessor },
    run: async (context, input) => view((await ofAccessor(context, input)).found.secret),
  }),
  ...(['write', 'delete'] as const).flatMap((op) => [
    route({ op, path: 'role/:role_name/secret-id/destroy', about: 'Ends a secret id.', takes: { role_name, secret_id }, run: destroy }),
    route({ op, path: 'role/:role_name/secret-id-accessor/destroy', about: 'Ends the secret id behind an accessor.', takes: { role_name, secret_id_accessor }, run: destroyByAccessor }),
  ]),
  route({
    op: 'write',
    path: 'tidy/secret-id',
    about: 'Removes secret ids that have ended; it happens by itself, too.',
    takes: {},
    async run(context) {
      await tidySecretIds(context)
      return answer({ status: 202, warnings: ['Tidy operation successfully started. Any information from the operation will be printed to Vault\'s server logs.'] })
    },
  }),
]
