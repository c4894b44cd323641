// Token roles: what tokens made under a name may be. `auth/token/roles`.
import { listing } from '../kit/answer.ts'
import { checkCidrs } from '../kit/cidr.ts'
import { invalid } from '../kit/errors.ts'
import { type Fields, type Values, boolean, duration, integer, list, text } from '../kit/field.ts'
import { type Route, route } from '../kit/route.ts'
import type { View } from '../kit/view.ts'

export interface TokenRole {
  name: string
  allowedPolicies: string[]
  disallowedPolicies: string[]
  allowedPoliciesGlob: string[]
  disallowedPoliciesGlob: string[]
  allowedEntityAliases: string[]
  orphan: boolean
  renewable: boolean
  pathSuffix: string
  /** Seconds; 0: none. */
  period: number
  explicitMaxTtl: number
  uses: number
  noDefaultPolicy: boolean
  boundCidrs: string[]
  type: string
}

const lists = list({ about: 'Names of policies; the _glob forms take "*".' })
const seconds = duration({ about: 'Seconds, or a text such as "1h".' })

const fields = {
  role_name: text({ about: 'Name of the role.', required: true }),
  allowed_policies: lists,
  disallowed_policies: lists,
  allowed_policies_glob: lists,
  disallowed_policies_glob: lists,
  allowed_entity_aliases: list({ about: 'Names of entity aliases that a token may ask for; "*" as wildcard.' }),
  orphan: boolean({ about: 'Whether tokens have no parent.' }),
  renewable: boolean({ about: 'Whether tokens may be renewed.' }),
  path_suffix: text({ about: 'Added to the path that tokens are known by, so that they can be told apart.' }),
  period: seconds,
  token_period: seconds,
  explicit_max_ttl: seconds,
  token_explicit_max_ttl: seconds,
  bound_cidrs: list({ about: 'Networks from which tokens may be used.' }),
  token_bound_cidrs: list({ about: 'Networks from which tokens may be used.' }),
  token_num_uses: integer({ about: 'Uses of a token; 0: without limit.' }),
  token_no_default_policy: boolean({ about: 'Whether tokens lack the policy "default".' }),
  token_type: text({ about: 'service, batch, default-service or default-batch.' }),
} satisfies Fields

const fresh = (name: string): TokenRole => ({
  name,
  allowedPolicies: [],
  disallowedPolicies: [],
  allowedPoliciesGlob: [],
  disallowedPoliciesGlob: [],
  allowedEntityAliases: [],
  orphan: false,
  renewable: true,
  pathSuffix: '',
  period: 0,
  explicitMaxTtl: 0,
  uses: 0,
  noDefaultPolicy: false,
  boundCidrs: [],
  type: 'default-service',
})

function changed(present: TokenRole, input: Values<typeof fields>): TokenRole {
  const role: TokenRole = {
    ...present,
    allowedPolicies: input.allowed_policies ?? present.allowedPolicies,
    disallowedPolicies: input.disallowed_policies ?? present.disallowedPolicies,
    allowedPoliciesGlob: input.allowed_policies_glob ?? present.allowedPoliciesGlob,
    disallowedPoliciesGlob: input.disallowed_policies_glob ?? present.disallowedPoliciesGlob,
    allowedEntityAliases: input.allowed_entity_aliases ?? present.allowedEntityAliases,
    orphan: input.orphan ?? present.orphan,
    renewable: input.renewable ?? present.renewable,
    pathSuffix: input.path_suffix ?? present.pathSuffix,
    period: input.token_period ?? input.period ?? present.period,
    explicitMaxTtl: input.token_explicit_max_ttl ?? input.explicit_max_ttl ?? present.explicitMaxTtl,
    uses: input.token_num_uses ?? present.uses,
    noDefaultPolicy: input.token_no_default_policy ?? present.noDefaultPolicy,
    boundCidrs: input.token_bound_cidrs ?? input.bound_cidrs ?? present.boundCidrs,
    type: input.token_type || present.type,
  }
  if (!['service', 'batch', 'default-service', 'default-batch'].includes(role.type)) throw invalid(`invalid 'token_type' value "${role.type}": use service, batch, default-service or default-batch`)
  if (role.pathSuffix !== '' && !/^[\w.-]+$/.test(role.pathSuffix)) throw invalid('given role path suffix contains invalid characters; must match [a-zA-Z0-9_.-]+')
  if (role.period < 0 || role.explicitMaxTtl < 0 || role.uses < 0) throw invalid('periods, lifetimes and uses cannot be negative')
  if (role.type === 'batch' && !role.orphan) throw invalid("'token_type' cannot be 'batch' when role is set to generate non-orphan tokens")
  if (role.type === 'batch' && role.period > 0) throw invalid("'token_type' cannot be 'batch' when role is set to generate periodic tokens")
  if (role.type === 'batch' && role.renewable && input.renewable) throw invalid("'token_type' cannot be 'batch' when role is set to generate renewable tokens")
  if (role.type === 'batch' && role.explicitMaxTtl > 0) throw invalid("'token_type' cannot be 'batch' when role is set to generate tokens with an explicit max TTL")
  checkCidrs(role.boundCidrs, 'token_bound_cidrs')
  return role.type === 'batch' ? { ...role, renewable: false } : role
}

const view = (role: TokenRole): Record<string, unknown> => ({
  name: role.name,
  allowed_policies: role.allowedPolicies,
  disallowed_policies: role.disallowedPolicies,
  allowed_policies_glob: role.allowedPoliciesGlob,
  disallowed_policies_glob: role.disallowedPoliciesGlob,
  allowed_entity_aliases: role.allowedEntityAliases,
  orphan: role.orphan,
  renewable: role.renewable,
  path_suffix: role.pathSuffix,
  period: role.period,
  token_period: role.period,
  explicit_max_ttl: role.explicitMaxTtl,
  token_explicit_max_ttl: role.explicitMaxTtl,
  ...(role.boundCidrs.length > 0 && { bound_cidrs: role.boundCidrs, token_bound_cidrs: role.boundCidrs }),
  token_num_uses: role.uses,
  token_no_default_policy: role.noDefaultPolicy,
  token_type: role.type,
})

export const findTokenRole = (store: View, name: string): Promise<TokenRole | null> => store.read<TokenRole>(`roles/${name}`)

export function tokenRoleRoutes(): Route[] {
  const { role_name } = fields
  return [
    route({
      op: 'list',
      path: 'roles',
      about: 'Lists token roles.',
      takes: { after: text({ about: 'Begin after this name.' }), limit: integer({ about: 'At most this many.', default: 0 }) },
      run: async ({ store }, input) => listing(await store.children('roles/', { limit: input.limit > 0 ? input.limit : 100_000, ...(input.after !== undefined && { after: input.after }) })),
    }),
    route({
      op: 'read',
      path: 'roles/:role_name',
      about: 'Reads a token role.',
      takes: { role_name },
      async run({ store }, input) {
        const role = await findTokenRole(store, input.role_name)
        return role && view(role)
      },
    }),
    route({
      op: 'write',
      path: 'roles/:role_name',
      about: 'Makes or changes a token role; what is not given stays.',
      takes: fields,
      exists: async ({ store }, input) => (await findTokenRole(store, input.role_name)) !== null,
      async run({ store }, input) {
        await store.update(async (tx) => {
          const present = await tx.read<TokenRole>(`roles/${input.role_name}`)
          tx.write(`roles/${input.role_name}`, changed(present ?? fresh(input.role_name), input))
        })
      },
    }),
    route({ op: 'delete', path: 'roles/:role_name', about: 'Removes a token role; its tokens live on, but are not renewed.', takes: { role_name }, run: ({ store }, input) => store.delete(`roles/${input.role_name}`) }),
  ]
}
