// Roles: policies that a caller takes on for a time, and who may take them on.
import { uniqueId } from '../../core/access-keys.ts'
import { listing } from '../../kit/answer.ts'
import { Fault, invalid } from '../../kit/errors.ts'
import { boolean, duration, integer, list, map, text } from '../../kit/field.ts'
import { matchesAnyGlob } from '../../kit/glob.ts'
import type { Caller } from '../../kit/route.ts'
import { type Route, route } from '../../kit/route.ts'
import type { Reader } from '../../kit/view.ts'
import { checkPolicies, userName } from './keys.ts'

export interface Role {
  id: string
  policies: string[]
  noDefaultPolicy: boolean
  /** Seconds. */
  maxSession: number
  /** Who may assume it with a key or a token: ids of keys, ARNs (globs), entities, holders of policies. Empty everywhere: nobody. */
  trustedKeys: string[]
  trustedArns: string[]
  trustedEntities: string[]
  trustedPolicies: string[]
  externalId: string
  /** Who may assume it with a web identity: the name of an issuer, and what the token must say (globs). */
  issuer: string
  audiences: string[]
  subjects: string[]
  claims: Record<string, string>
  /** Name of the provider whose SAML assertions may assume it, bound by subjects and, as claims, attributes. */
  samlProvider?: string
  created: string
}

const hour = 3600
export const shortest = 900
const longest = 12 * hour

const fields = {
  policies: list({ about: 'Policies of whoever assumes the role.' }),
  no_default_policy: boolean({ about: 'Whether to leave the policy "default" out.' }),
  max_session_duration: duration({ about: 'Longest time a session may last: 15 minutes to 12 hours.' }),
  trusted_access_keys: list({ about: 'Ids of access keys that may assume the role.' }),
  trusted_arns: list({ about: 'ARNs of callers that may assume it; * stands for any text.' }),
  trusted_entities: list({ about: 'Ids of entities that may assume it.' }),
  trusted_policies: list({ about: 'Policies whose holders may assume it.' }),
  external_id: text({ about: 'What a caller must know besides.' }),
  issuer: text({ about: 'Name of the issuer whose web identities may assume it (config/issuer/:name).' }),
  saml_provider: text({ about: 'Name of the provider whose SAML assertions may assume it (config/saml/:name).' }),
  bound_audiences: list({ about: 'Audiences of which the token must name one; default: those of the issuer.' }),
  bound_subjects: list({ about: 'Subjects of which the token must have one; * stands for any text.' }),
  bound_claims: map({ about: 'Further claims and what they must be, such as ref=refs/heads/main; * stands for any text.' }),
}

const name = text({ about: 'Name of the role.', required: true })

const view = (role: Role): Record<string, unknown> => ({
  role_id: role.id, policies: role.policies, no_default_policy: role.noDefaultPolicy, max_session_duration: role.maxSession, trusted_access_keys: role.trustedKeys, trusted_arns: role.trustedArns,
  trusted_entities: role.trustedEntities, trusted_policies: role.trustedPolicies, external_id: role.externalId, issuer: role.issuer, saml_provider: role.samlProvider ?? '', bound_audiences: role.audiences, bound_subjects: role.subjects,
  bound_claims: role.claims, created_time: role.created,
})

export const roleAt = (store: Reader, role: string): Promise<Role | null> => store.read<Role>(`role/${role}`)

/** Whether a caller is one of those that a role trusts. */
export function trusts(role: Role, caller: Caller, externalId: string | undefined): boolean {
  if (role.externalId !== '' && role.externalId !== externalId) return false
  return (
    role.trustedKeys.includes(caller.accessor) ||
    (caller.entityId !== '' && role.trustedEntities.includes(caller.entityId)) ||
    role.trustedPolicies.some((policy) => caller.policies.includes(policy)) ||
    (caller.metadata.aws_arn !== undefined && matchesAnyGlob(role.trustedArns, caller.metadata.aws_arn))
  )
}

export const roleRoutes: Route[] = [
  route({
    op: 'write',
    path: 'role/:name',
    about: 'Makes or changes a role.',
    takes: { name, ...fields },
    async run(context, input) {
      if (!userName.test(input.name)) throw invalid('name: use letters, digits and _+=,.@-')
      const max = input.max_session_duration
      if (max !== undefined && (max < shortest || max > longest)) throw invalid('max_session_duration: between 15m and 12h')
      const policies = input.policies && checkPolicies(input.policies)
      await context.store.update(async (tx) => {
        const old = await roleAt(tx, input.name)
        const role: Role = {
          id: old?.id ?? uniqueId('AROA'),
          policies: policies ?? old?.policies ?? [],
          noDefaultPolicy: input.no_default_policy ?? old?.noDefaultPolicy ?? false,
          maxSession: max ?? old?.maxSession ?? hour,
          trustedKeys: input.trusted_access_keys ?? old?.trustedKeys ?? [],
          trustedArns: input.trusted_arns ?? old?.trustedArns ?? [],
          trustedEntities: input.trusted_entities ?? old?.trustedEntities ?? [],
          trustedPolicies: input.trusted_policies ?? old?.trustedPolicies ?? [],
          externalId: input.external_id ?? old?.externalId ?? '',
          issuer: input.issuer ?? old?.issuer ?? '',
          samlProvider: input.saml_provider ?? old?.samlProvider ?? '',
          audiences: input.bound_audiences ?? old?.audiences ?? [],
          subjects: input.bound_subjects ?? old?.subjects ?? [],
          claims: input.bound_claims ?? old?.claims ?? {},
          created: old?.created ?? new Date(context.now()).toISOString(),
        }
        // A token of a public issuer says only who made it; without a subject or a claim anybody's would do.
        if (role.issuer !== '' && role.subjects.length === 0 && Object.keys(role.claims).length === 0) throw invalid('a role for web identities needs bound_subjects or bound_claims')
        tx.write(`role/${input.name}`, role)
      })
    },
  }),
  route({
    op: 'read',
    path: 'role/:name',
    about: 'Shows a role.',
    takes: { name },
    async run(context, input) {
      const role = await roleAt(context.store, input.name)
      return role && view(role)
    },
  }),
  route({
    op: 'list',
    path: 'role',
    about: 'Lists the roles.',
    takes: { after: text({ about: 'Begin after this name.' }), limit: integer({ about: 'At most this many.', default: 1000 }) },
    async run(context, input) {
      const keys = await context.store.children('role/', { limit: Math.min(Math.max(1, input.limit), 1000), ...(input.after !== undefined && { after: input.after }) })
      return listing(keys)
    },
  }),
  route({ op: 'delete', path: 'role/:name', about: 'Removes a role; sessions that it gave go on.', takes: { name }, run: (context, input) => context.store.delete(`role/${input.name}`) }),
]

/** Whether a subject and what is claimed of it are those that a role is bound to. */
export function bound(role: Role, subject: string, claims: (name: string) => readonly unknown[]): boolean {
  if (role.subjects.length > 0 && !matchesAnyGlob(role.subjects, subject)) return false
  return Object.entries(role.claims).every(([claim, wanted]) => claims(claim).some((value) => value !== undefined && matchesAnyGlob(wanted.split(',').map((one) => one.trim()), String(value))))
}

/** Seconds that a session of this role lasts. */
export function sessionOf(role: Pick<Role, 'maxSession'>, wanted: number | undefined): number {
  const seconds = wanted === undefined || wanted === 0 ? Math.min(hour, role.maxSession) : wanted
  if (seconds > role.maxSession) throw new Fault('invalid', 'The requested DurationSeconds exceeds the MaxSessionDuration set for this role.')
  if (seconds < shortest) throw invalid('a session lasts 15 minutes at least')
  return seconds
}
