// What the OpenID provider knows: assignments (who may log in), scopes (what is told), clients and providers.
// https://openbao.org/api-docs/secret/identity/oidc-provider
import { randomText } from '../../../core/tokens.ts'
import { listing } from '../../../kit/answer.ts'
import { Fault, invalid } from '../../../kit/errors.ts'
import { type Fields, type Values, choice, duration, list, text } from '../../../kit/field.ts'
import { listChildren, pageFields, takePage } from '../../../kit/page.ts'
import { type Context, type Route, route } from '../../../kit/route.ts'
import type { Reader, Transaction, View } from '../../../kit/view.ts'
import { defaultKey, findSettings } from './key.ts'
import { readTemplate } from './template.ts'

export interface Assignment {
  entityIds: string[]
  groupIds: string[]
}

export interface Scope {
  template: string
  description: string
}

export interface Client {
  clientId: string
  clientSecret: string
  type: 'confidential' | 'public'
  key: string
  redirectUris: string[]
  assignments: string[]
  /** Seconds. */
  idTokenTtl: number
  accessTokenTtl: number
}

export interface Provider {
  issuer: string
  allowedClientIds: string[]
  scopes: string[]
}

const name = text({ about: 'Its name.', required: true })
const place = (kind: string, wanted: string): string => `oidc/${kind}/${wanted}`
const clientPlace = (clientId: string): string => `oidc/client-id/${encodeURIComponent(clientId)}`

/** An issuer is the start of a URL, or empty: then it is the address of the API. */
export function checkIssuer(issuer: string): void {
  if (issuer === '') return
  const url = URL.parse(issuer)
  const bare = url && /^https?:$/.test(url.protocol) && url.pathname === '/' && url.search === '' && url.hash === ''
  if (!bare) throw invalid('invalid issuer, which must include only a scheme, host, and optional port')
}

/** `allow_all` is an assignment of everybody, `default` a provider of every client: both are there without being made. */
export const everybody = 'allow_all'
export const findAssignment = (reader: Reader, wanted: string): Promise<Assignment | null> => reader.read<Assignment>(place('assignment', wanted))
export const findScope = (reader: Reader, wanted: string): Promise<Scope | null> => reader.read<Scope>(place('scope', wanted))

export async function findProvider(reader: Reader, wanted: string): Promise<Provider | null> {
  return (await reader.read<Provider>(place('provider', wanted))) ?? (wanted === 'default' ? { issuer: '', allowedClientIds: ['*'], scopes: [] } : null)
}

/** Names of what refers to something: all of a kind that `refers`. */
export async function namesWhere<T>(store: View, kind: string, refers: (one: T) => boolean): Promise<string[]> {
  const found: string[] = []
  for (const one of await listChildren(store, `oidc/${kind}/`)) {
    const record = await store.read<T>(place(kind, one))
    if (record && refers(record)) found.push(one)
  }
  return found
}

export async function findClient(reader: Reader, clientId: string): Promise<Client | null> {
  const found = await reader.read<{ name: string }>(clientPlace(clientId))
  return found && reader.read<Client>(place('client', found.name))
}

interface Kind<T, F extends Fields> {
  kind: string
  noun: string
  fields: F
  make(tx: Transaction, input: Values<F> & { name: string }, present: T | null): Promise<T> | T
  view(found: T, wanted: string, context: Context): Record<string, unknown>
  /** What of the view a list shows of each; default: lists are names alone. */
  listed?: readonly string[]
  /** Of which kind others refer to it by name, and how: then it cannot be removed. */
  usedBy?: { kind: string; refers(one: any, wanted: string): boolean }
  /** Names that cannot be removed. */
  fixed?: string[]
  removed?(tx: Transaction, found: T): void
  builtin?(reader: Reader, wanted: string): Promise<T | null>
}

function routesOfKind<T, F extends Fields>({ kind, noun, fields, make, view, listed, fixed = [], usedBy, removed, builtin }: Kind<T, F>): Route[] {
  const find = async (context: Context, wanted: string): Promise<T | null> => (await context.store.read<T>(place(kind, wanted))) ?? (await builtin?.(context.store, wanted)) ?? null
  return [
    route({
      op: 'list',
      path: `oidc/${kind}`,
      about: `Lists ${noun}s.`,
      takes: pageFields,
      async run(context, input) {
        const names = takePage([...new Set([...(await listChildren(context.store, `oidc/${kind}/`)), ...fixed])], input)
        if (!listed) return listing(names)
        const info: Record<string, unknown> = {}
        for (const one of names) {
          const found = await find(context, one)
          if (found) info[one] = Object.fromEntries(Object.entries(view(found, one, context)).filter(([key]) => listed.includes(key)))
        }
        return listing(names, info)
      },
    }),
    route({
      op: 'read',
      path: `oidc/${kind}/:name`,
      about: `Reads a ${noun}.`,
      takes: { name },
      async run(context, input) {
        const found = await find(context, input.name)
        return found && view(found, input.name, context)
      },
    }),
    route({
      op: 'write',
      path: `oidc/${kind}/:name`,
      about: `Makes or changes a ${noun}.`,
      takes: { ...fields, name },
      exists: async (context, input) => (await find(context, input.name as string)) !== null,
      async run(context, input) {
        const given = input as Values<F> & { name: string }
        await context.store.update(async (tx) => tx.write(place(kind, given.name), await make(tx, given, (await tx.read<T>(place(kind, given.name))) ?? (await builtin?.(tx, given.name)) ?? null)))
      },
    }),
    route({
      op: 'delete',
      path: `oidc/${kind}/:name`,
      about: `Removes a ${noun}.`,
      takes: { name },
      async run({ store }, input) {
        if (fixed.includes(input.name)) throw invalid(`unable to delete the default ${noun} "${input.name}"`)
        const users = usedBy ? await namesWhere(store, usedBy.kind, (one) => usedBy.refers(one, input.name)) : []
        if (users.length > 0) throw invalid(`unable to delete ${noun} "${input.name}" because it is currently referenced by these ${usedBy!.kind}s: ${users.join(', ')}`)
        await store.update(async (tx) => {
          const found = await tx.read<T>(place(kind, input.name))
          if (!found) return
          removed?.(tx, found)
          tx.delete(place(kind, input.name))
        })
      },
    }),
  ]
}

/** Lets the fields be inferred where the kind's own shape is named. */
const kindOf =
  <T>() =>
  <F extends Fields>(declared: Kind<T, F>): Route[] =>
    routesOfKind(declared)

const assignmentRoutes = kindOf<Assignment>()({
  kind: 'assignment',
  noun: 'assignment',
  fixed: [everybody],
  usedBy: { kind: 'client', refers: (client: Client, wanted) => client.assignments.includes(wanted) },
  fields: { entity_ids: list({ about: 'Entities that may log in.' }), group_ids: list({ about: 'Groups whose members may log in.' }) },
  builtin: async (_reader, wanted) => (wanted === everybody ? { entityIds: ['*'], groupIds: ['*'] } : null),
  make(_tx, input, present) {
    if (input.name === everybody) throw invalid(`cannot modify assignment "${everybody}"`)
    return { entityIds: input.entity_ids ?? present?.entityIds ?? [], groupIds: input.group_ids ?? present?.groupIds ?? [] }
  },
  view: (found) => ({ entity_ids: found.entityIds, group_ids: found.groupIds }),
})

const scopeRoutes = kindOf<Scope>()({
  kind: 'scope',
  noun: 'scope',
  usedBy: { kind: 'provider', refers: (provider: Provider, wanted) => provider.scopes.includes(wanted) },
  fields: { template: text({ about: 'Claims as JSON with placeholders, or its base64.' }), description: text({ about: 'For people.' }) },
  make(_tx, input, present) {
    if (input.name === 'openid') throw invalid('the "openid" scope name is reserved')
    return { template: input.template === undefined ? present?.template ?? '' : readTemplate(input.template), description: input.description ?? present?.description ?? '' }
  },
  view: (found) => ({ template: found.template, description: found.description }),
})

const clientRoutes = kindOf<Client>()({
  kind: 'client',
  noun: 'client',
  fields: {
    key: text({ about: 'Named key that signs; "default" is made when needed.' }),
    redirect_uris: list({ about: 'Where codes may be sent, compared as they are.' }),
    assignments: list({ about: 'Who may log in.' }),
    client_type: choice(['confidential', 'public'])({ about: 'public: without a secret, PKCE is required.' }),
    id_token_ttl: duration({ about: 'Lifetime of identity tokens.' }),
    access_token_ttl: duration({ about: 'Lifetime of access tokens.' }),
  },
  async make(tx, input, present) {
    const type = present?.type ?? input.client_type ?? 'confidential'
    if (present && input.client_type !== undefined && input.client_type !== present.type) throw invalid('client_type modification is not allowed')
    if (present && input.key !== undefined && input.key !== present.key) throw invalid('key modification is not allowed')
    const client: Client = {
      clientId: present?.clientId ?? randomText(32),
      clientSecret: present?.clientSecret ?? (type === 'public' ? '' : `hvo_secret_${randomText(64)}`),
      type,
      key: present?.key ?? input.key ?? defaultKey,
      redirectUris: input.redirect_uris ?? present?.redirectUris ?? [],
      assignments: input.assignments ?? present?.assignments ?? [],
      idTokenTtl: input.id_token_ttl ?? present?.idTokenTtl ?? 86_400,
      accessTokenTtl: input.access_token_ttl ?? present?.accessTokenTtl ?? 86_400,
    }
    const key = await findSettings(tx, client.key)
    if (!key) throw invalid(`key "${client.key}" does not exist`)
    if (client.idTokenTtl > key.verificationTtl) throw invalid("a client's id_token_ttl cannot be greater than the verification_ttl of the key it references")
    for (const one of client.assignments) if (one !== everybody && !(await findAssignment(tx, one))) throw invalid(`assignment "${one}" does not exist`)
    tx.write(clientPlace(client.clientId), { name: input.name })
    return client
  },
  removed: (tx, found) => tx.delete(clientPlace(found.clientId)),
  view: (found) => ({
    access_token_ttl: found.accessTokenTtl,
    assignments: found.assignments,
    client_id: found.clientId,
    ...(found.type === 'confidential' && { client_secret: found.clientSecret }),
    client_type: found.type,
    id_token_ttl: found.idTokenTtl,
    key: found.key,
    redirect_uris: found.redirectUris,
  }),
  // Never the secret.
  listed: ['access_token_ttl', 'assignments', 'client_id', 'client_type', 'id_token_ttl', 'key', 'redirect_uris'],
})

/** Where a provider's tokens come from; without an issuer of its own it is the address of the API. */
export const issuerOf = ({ mount }: Context, { issuer }: Provider, wanted: string, apiAddress: () => string): string =>
  `${(issuer || apiAddress()).replace(/\/$/, '')}/v1/${mount.namespace}identity/oidc/provider/${wanted}`

const providerRoutes = (apiAddress: () => string): Route[] => kindOf<Provider>()({
  kind: 'provider',
  noun: 'provider',
  fixed: ['default'],
  fields: { issuer: text({ about: 'Scheme, host and port; empty: the address of the API.' }), allowed_client_ids: list({ about: 'Clients that may use it; "*" for all.' }), scopes_supported: list({ about: 'Scopes that clients may ask for.' }) },
  builtin: findProvider,
  async make(tx, input, present) {
    const provider: Provider = { issuer: input.issuer ?? present?.issuer ?? '', allowedClientIds: input.allowed_client_ids ?? present?.allowedClientIds ?? [], scopes: input.scopes_supported ?? present?.scopes ?? [] }
    checkIssuer(provider.issuer)
    for (const scope of provider.scopes) if (!(await findScope(tx, scope))) throw new Fault('invalid', `scope "${scope}" does not exist`)
    return provider
  },
  view: (found, wanted, context) => ({ allowed_client_ids: found.allowedClientIds, issuer: issuerOf(context, found, wanted, apiAddress), scopes_supported: found.scopes }),
  listed: ['allowed_client_ids', 'issuer', 'scopes_supported'],
})

export const registryRoutes = (apiAddress: () => string): Route[] => [...assignmentRoutes, ...scopeRoutes, ...clientRoutes, ...providerRoutes(apiAddress)]
