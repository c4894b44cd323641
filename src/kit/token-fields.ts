// What a login method may say of the tokens that it gives: one table for users, roles and groups of every method.
// Field names are those of https://openbao.org/docs/concepts/tokens
import { checkCidrs } from './cidr.ts'
import { invalid } from './errors.ts'
import { type Fields, type Values, boolean, choice, duration, integer, list } from './field.ts'
import type { Grant } from './route.ts'

export const tokenFields = {
  token_policies: list({ about: 'Policies of the tokens.' }),
  token_ttl: duration({ about: 'Lifetime of a token; 0: the mount\'s.' }),
  token_max_ttl: duration({ about: 'The most that renewals may reach; 0: the mount\'s.' }),
  token_explicit_max_ttl: duration({ about: 'Lifetime that no renewal can exceed, periods included.' }),
  token_period: duration({ about: 'Time that each renewal gives, without an end.' }),
  token_num_uses: integer({ about: 'Uses of a token; 0: without limit.' }),
  token_bound_cidrs: list({ about: 'Networks from which to log in and to use tokens.' }),
  token_no_default_policy: boolean({ about: 'Whether tokens lack the policy "default".' }),
  token_type: choice(['', 'default', 'service', 'batch', 'default-service', 'default-batch'])({ about: 'service or batch; default: as the mount says.' }),
} satisfies Fields

export interface TokenSettings {
  policies: string[]
  /** Seconds. */
  ttl: number
  maxTtl: number
  explicitMaxTtl: number
  period: number
  uses: number
  boundCidrs: string[]
  noDefaultPolicy: boolean
  type: 'default' | 'service' | 'batch'
  /** Former names (without `token_`) by which a value was given; they are shown beside the present ones. */
  former: string[]
}

/** Names from before the prefix `token_`, which clients still send. */
const formerFields = {
  policies: tokenFields.token_policies,
  ttl: tokenFields.token_ttl,
  max_ttl: tokenFields.token_max_ttl,
  period: tokenFields.token_period,
  num_uses: tokenFields.token_num_uses,
  bound_cidrs: tokenFields.token_bound_cidrs,
} satisfies Fields
type Former = keyof typeof formerFields

/** The table with those former names that a method accepts. */
export const tokenFieldsWith = <F extends Former>(...names: F[]): typeof tokenFields & Pick<typeof formerFields, F> =>
  ({ ...tokenFields, ...Object.fromEntries(names.map((name) => [name, formerFields[name]])) }) as typeof tokenFields & Pick<typeof formerFields, F>

export const freshTokenSettings = (): TokenSettings => ({ policies: [], ttl: 0, maxTtl: 0, explicitMaxTtl: 0, period: 0, uses: 0, boundCidrs: [], noDefaultPolicy: false, type: 'default', former: [] })

type Given = Partial<Values<typeof tokenFields> & Values<typeof formerFields>>

const wordOf = { '': 'default', default: 'default', service: 'service', batch: 'batch', 'default-service': 'default', 'default-batch': 'default' } as const

/** The present settings with what was given; refuses what cannot stand together. A present name wins over its former one. */
export function changeTokenSettings(present: TokenSettings, given: Given): TokenSettings {
  const policies = given.token_policies ?? given.policies
  const former = new Set(present.former)
  for (const name of Object.keys(formerFields) as Former[]) {
    if (given[`token_${name}`] !== undefined) former.delete(name)
    else if (given[name] !== undefined) former.add(name)
  }
  const settings: TokenSettings = {
    policies: policies ? [...new Set(policies.map((name) => name.toLowerCase()))].sort() : present.policies,
    ttl: given.token_ttl ?? given.ttl ?? present.ttl,
    maxTtl: given.token_max_ttl ?? given.max_ttl ?? present.maxTtl,
    explicitMaxTtl: given.token_explicit_max_ttl ?? present.explicitMaxTtl,
    period: given.token_period ?? given.period ?? present.period,
    uses: given.token_num_uses ?? given.num_uses ?? present.uses,
    boundCidrs: given.token_bound_cidrs ?? given.bound_cidrs ?? present.boundCidrs,
    noDefaultPolicy: given.token_no_default_policy ?? present.noDefaultPolicy,
    type: given.token_type === undefined ? present.type : wordOf[given.token_type],
    former: [...former],
  }
  check(settings)
  return settings
}

function check(settings: TokenSettings): void {
  for (const name of ['ttl', 'maxTtl', 'explicitMaxTtl', 'period', 'uses'] as const) {
    if (settings[name] < 0) throw invalid(`'token_${name.replace('uses', 'num_uses').replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)}' cannot be negative`)
  }
  if (settings.maxTtl > 0 && settings.ttl > settings.maxTtl) throw invalid("'token_ttl' cannot be greater than 'token_max_ttl'")
  if (settings.type === 'batch' && settings.uses > 0) throw invalid("'token_type' cannot be 'batch' or 'default_batch' when set to generate tokens with limited use count")
  if (settings.type === 'batch' && settings.period > 0) throw invalid("'token_type' cannot be 'batch' when set to generate periodic tokens")
  if (settings.policies.includes('root')) throw invalid('auth methods cannot create root tokens')
  checkCidrs(settings.boundCidrs, 'token_bound_cidrs')
}

/** As a read shows them. */
export function tokenSettingsView(settings: TokenSettings): Record<string, unknown> {
  const view: Record<string, unknown> = {
    token_bound_cidrs: settings.boundCidrs,
    token_explicit_max_ttl: settings.explicitMaxTtl,
    token_max_ttl: settings.maxTtl,
    token_no_default_policy: settings.noDefaultPolicy,
    token_num_uses: settings.uses,
    token_period: settings.period,
    token_policies: settings.policies,
    token_ttl: settings.ttl,
    token_type: settings.type,
  }
  for (const name of settings.former) view[name] = view[`token_${name}`]
  return view
}

/** The part of a grant that these settings decide. */
export const grantSettings = (settings: TokenSettings): Omit<Grant, 'displayName'> => ({
  policies: settings.policies,
  ttl: settings.ttl,
  maxTtl: settings.maxTtl,
  explicitMaxTtl: settings.explicitMaxTtl,
  period: settings.period,
  uses: settings.uses,
  boundCidrs: settings.boundCidrs,
  noDefaultPolicy: settings.noDefaultPolicy,
  type: settings.type,
})
