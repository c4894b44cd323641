// `identity/oidc/*`: tokens that tell other services who a caller is, and the keys to verify them.
// https://openbao.org/api-docs/secret/identity/tokens
import type { Core } from '../../../core/core.ts'
import { randomText } from '../../../core/tokens.ts'
import { answer, bare, listing } from '../../../kit/answer.ts'
import { denied, invalid } from '../../../kit/errors.ts'
import { type Fields, choice, duration, list, text } from '../../../kit/field.ts'
import { listChildren, pageFields, takePage } from '../../../kit/page.ts'
import { type Context, type Route, route } from '../../../kit/route.ts'
import { algorithms, allows, currentKey, deleteKey, defaultKey, findSettings, keyNames, publishedKeys, putKey, rotateKey, signToken } from './key.ts'
import { providerRoutes } from './provider.ts'
import { checkIssuer, namesWhere, registryRoutes } from './registry.ts'
import { claimsOf, readTemplate } from './template.ts'

interface Role {
  key: string
  template: string
  clientId: string
  /** Seconds. */
  ttl: number
}

const keyFields = {
  name: text({ about: 'Name of the key.', required: true }),
  algorithm: choice(algorithms)({ about: 'Signing algorithm.' }),
  rotation_period: duration({ about: 'How often a new key is made.' }),
  verification_ttl: duration({ about: 'How long a key is published after it was replaced.' }),
  allowed_client_ids: list({ about: 'Client ids of roles that may use the key; "*" for all.' }),
} satisfies Fields

const roleFields = {
  name: text({ about: 'Name of the role.', required: true }),
  key: text({ about: 'Named key that signs.' }),
  template: text({ about: 'Claims as JSON with placeholders, or its base64.' }),
  ttl: duration({ about: 'Lifetime of tokens.' }),
  client_id: text({ about: 'Audience of tokens; made up when absent.' }),
} satisfies Fields

const rolePlace = (name: string): string => `oidc/role/${name}`
const findRole = (context: Context, name: string): Promise<Role | null> => context.store.read<Role>(rolePlace(name))

/** `apiAddress`: base of the issuer where none is configured. */
export function oidcRoutes(core: Core, apiAddress: () => string): Route[] {
  const issuerOf = async (context: Context): Promise<string> => {
    const base = (await context.store.read<{ issuer: string }>('oidc/config'))?.issuer || apiAddress()
    return `${base.replace(/\/$/, '')}/v1/${context.mount.namespace}identity/oidc`
  }
  return [...configRoutes(), ...keyRoutes(), ...roleRoutes(), ...tokenRoutes(core, issuerOf), ...discoveryRoutes(issuerOf), ...registryRoutes(apiAddress), ...providerRoutes(core, apiAddress)]
}

const explicitIssuer =
  'If "issuer" is set explicitly, all tokens must be validated against that address.' +
  ' Setting issuer to "" will restore the default behavior of using the api_addr as the issuer.'

function configRoutes(): Route[] {
  return [
    route({
      op: 'read',
      path: 'oidc/config',
      about: 'Reads the issuer of identity tokens.',
      takes: {},
      run: async ({ store }) => ({ issuer: (await store.read<{ issuer: string }>('oidc/config'))?.issuer ?? '' }),
    }),
    route({
      op: 'write',
      path: 'oidc/config',
      about: 'Sets the issuer of identity tokens.',
      takes: { issuer: text({ about: 'URL without a path; empty: the address of the API.', default: '' }) },
      async run({ store }, input) {
        checkIssuer(input.issuer)
        await store.write('oidc/config', { issuer: input.issuer })
        return input.issuer === '' ? undefined : answer({ warnings: [explicitIssuer] })
      },
    }),
  ]
}

function keyRoutes(): Route[] {
  const { name } = keyFields
  return [
    route({ op: 'list', path: 'oidc/key', about: 'Lists named keys.', takes: pageFields, run: async ({ store }, input) => listing(takePage(await keyNames(store), input)) }),
    route({
      op: 'read',
      path: 'oidc/key/:name',
      about: 'Reads the settings of a named key.',
      takes: { name },
      async run({ store }, input) {
        const key = await findSettings(store, input.name)
        if (!key) return null
        return { algorithm: key.algorithm, allowed_client_ids: key.allowedClientIds, rotation_period: key.rotationPeriod, verification_ttl: key.verificationTtl }
      },
    }),
    route({
      op: 'write',
      path: 'oidc/key/:name',
      about: 'Makes or changes a named key.',
      takes: keyFields,
      exists: async ({ store }, input) => (await findSettings(store, input.name)) !== null,
      run: (context, { name: wanted, algorithm, rotation_period: rotationPeriod, verification_ttl: verificationTtl, allowed_client_ids: allowedClientIds }) =>
        putKey(context, wanted, { algorithm, rotationPeriod, verificationTtl, allowedClientIds }),
    }),
    route({
      op: 'delete',
      path: 'oidc/key/:name',
      about: 'Removes a named key that no role uses.',
      takes: { name },
      async run(context, input) {
        if (input.name === defaultKey) throw invalid(`deletion of key "${defaultKey}" not allowed`)
        for (const [kind, noun] of [['role', 'roles'], ['client', 'clients']] as const) {
          const users = await namesWhere<{ key: string }>(context.store, kind, (one) => one.key === input.name)
          if (users.length > 0) throw invalid(`unable to delete key "${input.name}" because it is currently referenced by these ${noun}: ${users.join(', ')}`)
        }
        await deleteKey(context.store, input.name)
      },
    }),
    route({
      op: 'write',
      path: 'oidc/key/:name/rotate',
      about: 'Makes a new key of this name now.',
      takes: { name, verification_ttl: keyFields.verification_ttl },
      run: (context, input) => rotateKey(context, input.name, input.verification_ttl),
    }),
  ]
}

function roleRoutes(): Route[] {
  const { name } = roleFields
  return [
    route({
      op: 'list',
      path: 'oidc/role',
      about: 'Lists roles of identity tokens.',
      takes: pageFields,
      run: async ({ store }, input) => listing(await listChildren(store, 'oidc/role/', input)),
    }),
    route({
      op: 'read',
      path: 'oidc/role/:name',
      about: 'Reads a role of identity tokens.',
      takes: { name },
      async run(context, input) {
        const role = await findRole(context, input.name)
        return role && { client_id: role.clientId, key: role.key, template: role.template, ttl: role.ttl }
      },
    }),
    route({
      op: 'write',
      path: 'oidc/role/:name',
      about: 'Makes or changes a role of identity tokens.',
      takes: roleFields,
      exists: async (context, input) => (await findRole(context, input.name)) !== null,
      async run({ store }, input) {
        const template = input.template === undefined ? undefined : readTemplate(input.template)
        await store.update(async (tx) => {
          const present = await tx.read<Role>(rolePlace(input.name))
          const role: Role = {
            key: input.key ?? present?.key ?? '',
            template: template ?? present?.template ?? '',
            clientId: input.client_id || present?.clientId || randomText(26),
            ttl: input.ttl ?? present?.ttl ?? 86_400,
          }
          if (role.key === '') throw invalid('the key parameter is required')
          if (role.ttl <= 0) throw invalid('ttl must be positive')
          const key = await findSettings(tx, role.key)
          if (!key) throw invalid(`cannot find key "${role.key}"`)
          if (role.ttl > key.verificationTtl) throw invalid("a role's token ttl cannot be longer than the verification_ttl of the key it references")
          tx.write(rolePlace(input.name), role)
        })
      },
    }),
    route({
      op: 'delete',
      path: 'oidc/role/:name',
      about: 'Removes a role of identity tokens.',
      takes: { name },
      run: ({ store }, input) => store.delete(rolePlace(input.name)),
    }),
  ]
}

type IssuerOf = (context: Context) => Promise<string>

function tokenRoutes(core: Core, issuerOf: IssuerOf): Route[] {
  return [
    route({
      op: 'read',
      path: 'oidc/token/:name',
      about: 'Gives a signed token that says who the caller is.',
      takes: { name: roleFields.name },
      gives: { token: text({ about: 'The signed token.', secret: true }) },
      async run(context, input) {
        const role = await findRole(context, input.name)
        if (!role) throw invalid(`role "${input.name}" not found`)
        const identity = context.caller.entityId === '' ? null : await core.identity.resolve(context.caller.entityId)
        if (!identity?.identity.entity) throw invalid('no entity associated with the request\'s token')
        const key = await currentKey(context, role.key)
        if (!key) throw invalid(`key "${role.key}" not found`)
        if (!allows(key, role.clientId)) {
          throw denied(`the key "${role.key}" does not list the client ID of the role "${input.name}" as an allowed client ID`)
        }
        const now = Math.trunc(context.now() / 1000)
        const ttl = Math.min(role.ttl, key.verificationTtl || role.ttl)
        const claims = {
          ...claimsOf(role.template, identity.identity, now),
          iss: await issuerOf(context), sub: identity.identity.entity.id, aud: role.clientId, iat: now, exp: now + ttl, namespace: core.namespaces.at(context.mount.namespace)!.id,
        }
        return { token: await signToken(key, claims), client_id: role.clientId, ttl }
      },
    }),
    route({
      op: 'write',
      path: 'oidc/introspect',
      about: 'Says whether a token was made here, has not ended, and is of an entity that may still do something.',
      takes: { token: text({ about: 'The signed token.', required: true, secret: true }), client_id: text({ about: 'Audience that it must be for.' }) },
      async run(context, input) {
        try {
          const { createLocalJWKSet, jwtVerify } = await import('jose')
          const keys = createLocalJWKSet({ keys: await publishedKeys(context) })
          const { payload } = await jwtVerify(input.token, keys, {
            issuer: await issuerOf(context), algorithms: [...algorithms], currentDate: new Date(context.now()),
            ...(input.client_id && { audience: input.client_id }),
          })
          const identity = await core.identity.resolve(payload.sub ?? '')
          return bare(identity && !identity.disabled ? { active: true } : { active: false, error: 'entity is not active' })
        } catch {
          return bare({ active: false, error: 'the token is not valid here' })
        }
      },
    }),
  ]
}

const discoveryRoutes = (issuerOf: IssuerOf): Route[] => [
  route({
    op: 'read',
    path: 'oidc/.well-known/openid-configuration',
    about: 'Tells where the keys of identity tokens are.',
    access: 'open',
    takes: {},
    async run(context) {
      const issuer = await issuerOf(context)
      return bare({
        issuer, jwks_uri: `${issuer}/.well-known/keys`, authorization_endpoint: '', token_endpoint: '', userinfo_endpoint: '',
        response_types_supported: ['id_token'], subject_types_supported: ['public'], id_token_signing_alg_values_supported: [...algorithms],
      })
    },
  }),
  route({
    op: 'read',
    path: 'oidc/.well-known/keys',
    about: 'The keys by which identity tokens are verified.',
    access: 'open',
    takes: {},
    run: async (context) => bare({ keys: await publishedKeys(context) }),
  }),
]
