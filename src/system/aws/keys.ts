// Access keys: made, listed, rotated, disabled, deleted. A secret is shown once, when it is made.
import { type AccessKey, type MadeAccessKey, arnOf, uniqueId } from '../../core/access-keys.ts'
import type { Core } from '../../core/core.ts'
import type { Namespace } from '../../core/namespaces.ts'
import { listing } from '../../kit/answer.ts'
import { Fault, denied, invalid } from '../../kit/errors.ts'
import { boolean, choice, duration, integer, list, map, text } from '../../kit/field.ts'
import { type Context, type Route, route } from '../../kit/route.ts'

const id = text({ about: 'Id of the access key.', required: true })

const time = (seconds: number): string => (seconds === 0 ? '' : new Date(seconds * 1000).toISOString())

export const namespaceOf = (core: Core, context: Context): Namespace => core.namespaces.at(context.mount.namespace)!

async function viewOf(core: Core, namespace: Namespace, key: AccessKey): Promise<Record<string, unknown>> {
  const { account } = await core.accessKeys.settings(namespace)
  const used = await core.accessKeys.lastUse(key.id)
  return {
    access_key: key.id, status: key.status, arn: arnOf(key.principal, account, key.id).arn, policies: key.policies, entity_id: key.entityId, metadata: key.metadata,
    created_time: time(key.createdAt), expiration: time(key.expiresAt), last_used_time: time(used?.at ?? 0), last_used_service: used?.service ?? '', last_used_region: used?.region ?? '',
  }
}

export const secretView = ({ key, secret, sessionToken }: MadeAccessKey): Record<string, unknown> => ({
  access_key: key.id, secret_key: secret, security_token: sessionToken, session_token: sessionToken, expiration: time(key.expiresAt), expires_at: key.expiresAt,
})

/** Names of policies in their usual form; refuses `root`. */
export function checkPolicies(policies: readonly string[]): string[] {
  const clean = policies.map((name) => name.trim().toLowerCase()).filter((name) => name !== '')
  if (clean.includes('root')) throw invalid('access keys cannot have the root policy')
  return clean
}

async function ownKey(core: Core, context: Context, keyId: string): Promise<AccessKey> {
  const key = await core.accessKeys.find(keyId)
  if (!key || key.namespaceId !== namespaceOf(core, context).id || key.principal.kind === 'root') throw new Fault('not-found')
  return key
}

export const userName = /^[\w+=,.@-]{1,64}$/

export function keyRoutes(core: Core): Route[] {
  return [
    route({
      op: 'write',
      path: 'key',
      about: 'Makes an access key for a user name, with policies or for an entity. The secret is shown once.',
      takes: {
        name: text({ about: 'Name of the person or machine that the key is for.', required: true }),
        policies: list({ about: 'Policies of the key.', default: [] }),
        entity_id: text({ about: 'Entity whose policies the key has besides.', default: '' }),
        no_default_policy: boolean({ about: 'Whether to leave the policy "default" out.', default: false }),
        ttl: duration({ about: 'Lifetime; 0: permanent. A key with an end has a session token.', default: 0 }),
        metadata: map({ about: 'Shown in audit.', default: {} }),
      },
      async run(context, input) {
        if (!userName.test(input.name)) throw invalid('name: use letters, digits and _+=,.@-')
        const policies = checkPolicies(input.policies)
        if (input.entity_id !== '' && !(await core.identity.belongs(input.entity_id, namespaceOf(core, context).id))) throw invalid('entity_id: no such entity')
        const made = await core.accessKeys.create({
          namespace: namespaceOf(core, context),
          policies: input.no_default_policy ? policies : [...new Set([...policies, 'default'])].sort(),
          entityId: input.entity_id,
          principal: { kind: 'user', name: input.name, id: uniqueId('AIDA') },
          ttl: Math.max(0, input.ttl),
          metadata: input.metadata,
          noDefaultPolicy: input.no_default_policy,
        })
        return { ...(await viewOf(core, namespaceOf(core, context), made.key)), ...secretView(made) }
      },
    }),
    route({
      op: 'list',
      path: 'key',
      about: 'Lists the permanent access keys.',
      takes: { after: text({ about: 'Begin after this id.' }), limit: integer({ about: 'At most this many.', default: 1000 }) },
      async run(context, input) {
        const keys = await core.accessKeys.list(namespaceOf(core, context).id, { limit: Math.min(Math.max(1, input.limit), 1000), ...(input.after !== undefined && { after: input.after }) })
        return listing(keys)
      },
    }),
    route({
      op: 'read',
      path: 'key/:id',
      about: 'Shows an access key without its secret.',
      takes: { id },
      run: async (context, input) => viewOf(core, namespaceOf(core, context), await ownKey(core, context, input.id)),
    }),
    route({
      op: 'write',
      path: 'key/:id',
      about: 'Enables or disables an access key, or changes its policies.',
      takes: { id, status: choice(['Active', 'Inactive'])({ about: 'Whether the key opens anything.' }), policies: list({ about: 'Policies of the key.' }) },
      async run(context, input) {
        const key = await ownKey(core, context, input.id)
        const policies = input.policies && checkPolicies(input.policies)
        await core.accessKeys.change(key.id, (present) => ({ ...present, status: input.status ?? present.status, policies: policies ?? present.policies }))
      },
    }),
    route({
      op: 'write',
      path: 'key/:id/rotate',
      about: 'Makes a second key for the same user; the old one stays until it is disabled or deleted.',
      takes: { id },
      async run(context, input) {
        const { policies, entityId, principal, metadata, noDefaultPolicy, expiresAt } = await ownKey(core, context, input.id)
        if (expiresAt > 0 || principal.kind !== 'user') throw denied('only permanent keys of users can be rotated')
        return secretView(await core.accessKeys.create({ namespace: namespaceOf(core, context), policies, entityId, principal, metadata, noDefaultPolicy, ttl: 0 }))
      },
    }),
    route({
      op: 'delete',
      path: 'key/:id',
      about: 'Ends an access key and what it leased.',
      takes: { id },
      run: async (context, input) => core.endAccessKey((await ownKey(core, context, input.id)).id),
    }),
  ]
}
