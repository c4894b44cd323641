// The OpenID provider: codes for callers who have a token here, identity and access tokens for their applications.
// OpenID Connect Core 1.0, section 3.1; PKCE as in RFC 7636.
import { createHash, hash, timingSafeEqual } from 'node:crypto'
import type { Core } from '../../../core/core.ts'
import { randomText } from '../../../core/tokens.ts'
import { bare } from '../../../kit/answer.ts'
import { type Fields, type Values, integer, text } from '../../../kit/field.ts'
import { type Context, type Route, route } from '../../../kit/route.ts'
import { algorithms, allows, currentKey, publishedKeys, signToken } from './key.ts'
import { type Client, type Provider, everybody, findAssignment, findClient, findProvider, findScope, issuerOf } from './registry.ts'
import { claimsOf } from './template.ts'

interface Code {
  provider: string
  clientId: string
  redirectUri: string
  entityId: string
  scopes: string[]
  nonce: string
  challenge: string
  method: string
  /** Seconds since 1970. */
  authTime: number
  expiresAt: number
}

const codeSeconds = 300
const refuse = (error: string, description: string, status = 400) => bare({ error, error_description: description }, status)
const sha256 = (text: string): Buffer => createHash('sha256').update(text).digest()
const sameSecret = (given: string, right: string): boolean => timingSafeEqual(sha256(given), sha256(right))
const codePlace = (code: string): string => `oidc/code/${hash('sha256', code, 'hex')}`
const nowOf = (context: Context): number => Math.trunc(context.now() / 1000)

const name = text({ about: 'Name of the provider.', required: true })
const authorizeFields = {
  name,
  scope: text({ about: 'Scopes with spaces between them, "openid" among them.', default: '' }),
  response_type: text({ about: 'Must be "code".', default: '' }),
  client_id: text({ about: 'Id of the client.', default: '' }),
  redirect_uri: text({ about: 'Where the application takes the code.', default: '' }),
  state: text({ about: 'Given back as it is.', default: '' }),
  nonce: text({ about: 'Shown in the identity token.', default: '' }),
  max_age: integer({ about: 'Most seconds since the caller logged in.' }),
  code_challenge: text({ about: 'PKCE challenge.', default: '' }),
  code_challenge_method: text({ about: 'plain or S256.', default: 'plain' }),
} satisfies Fields

const tokenFields = {
  name,
  grant_type: text({ about: 'Must be "authorization_code".', default: '' }),
  code: text({ about: 'The code.', secret: true, default: '' }),
  redirect_uri: text({ about: 'As when the code was asked for.', default: '' }),
  client_id: text({ about: 'Id of the client.', default: '' }),
  client_secret: text({ about: 'Secret of a confidential client.', secret: true, default: '' }),
  code_verifier: text({ about: 'PKCE verifier.', secret: true, default: '' }),
} satisfies Fields

const serves = (provider: Provider, clientId: string): boolean => provider.allowedClientIds.includes('*') || provider.allowedClientIds.includes(clientId)

export function providerRoutes(core: Core, apiAddress: () => string): Route[] {
  const authorize = (context: Context, input: Values<typeof authorizeFields>) => makeCode(core, context, input)
  const userinfo = async (context: Context, input: { name: string }) => {
    const token = context.presented === null ? null : await core.tokens.lookup(context.presented)
    if (!token || token.metadata.oidc_provider !== input.name || token.namespace !== context.mount.namespace) return refuse('invalid_token', 'the access token is not valid here', 401)
    const claims = await scopeClaims(core, context, token.entityId, (token.metadata.oidc_scopes ?? '').split(' '))
    return claims ? bare({ ...claims, sub: token.entityId }) : refuse('invalid_token', 'the entity is not active', 401)
  }
  return [
    ...(['read', 'write'] as const).flatMap((op) => [
      route({
        op,
        path: 'oidc/provider/:name/authorize',
        about: 'Gives a code for an application, in the name of the caller.',
        takes: authorizeFields,
        run: authorize,
      }),
      route({ op, path: 'oidc/provider/:name/userinfo', about: 'Tells who the access token is for.', access: 'open', takes: { name }, run: userinfo }),
    ]),
    route({
      op: 'write',
      path: 'oidc/provider/:name/token',
      about: 'Exchanges a code for an identity token and an access token.',
      access: 'open',
      takes: tokenFields,
      run: (context, input) => exchange(core, context, input, apiAddress),
    }),
    route({
      op: 'read',
      path: 'oidc/provider/:name/.well-known/openid-configuration',
      about: 'Tells applications where everything is.',
      access: 'open',
      takes: { name },
      async run(context, input) {
        const provider = await findProvider(context.store, input.name)
        if (!provider) return null
        const issuer = issuerOf(context, provider, input.name, apiAddress)
        return bare({
          issuer,
          jwks_uri: `${issuer}/.well-known/keys`,
          authorization_endpoint: issuer.replace('/v1/', '/ui/vault/') + '/authorize',
          token_endpoint: `${issuer}/token`,
          userinfo_endpoint: `${issuer}/userinfo`,
          request_parameter_supported: false,
          request_uri_parameter_supported: false,
          id_token_signing_alg_values_supported: [...algorithms],
          response_types_supported: ['code'],
          scopes_supported: [...provider.scopes, 'openid'],
          claims_supported: [],
          subject_types_supported: ['public'],
          grant_types_supported: ['authorization_code'],
          token_endpoint_auth_methods_supported: ['none', 'client_secret_post'],
          code_challenge_methods_supported: ['plain', 'S256'],
        })
      },
    }),
    route({
      op: 'read',
      path: 'oidc/provider/:name/.well-known/keys',
      about: 'The keys by which the provider\'s tokens are verified.',
      access: 'open',
      takes: { name },
      run: async (context, input) => ((await findProvider(context.store, input.name)) ? bare({ keys: await publishedKeys(context) }) : null),
    }),
  ]
}

async function makeCode(core: Core, context: Context, input: Values<typeof authorizeFields>) {
  const { store, caller } = context
  const refuse = (error: string, description: string) => bare({ error, error_description: description, state: input.state }, 400)
  const provider = await findProvider(store, input.name)
  if (!provider) return refuse('invalid_request', 'provider not found')
  const client = input.client_id === '' ? null : await findClient(store, input.client_id)
  if (input.client_id === '') return refuse('invalid_client_id', 'client_id parameter is required')
  if (!client || !serves(provider, client.clientId)) return refuse('invalid_client_id', 'client with client_id not found')
  if (!client.redirectUris.includes(input.redirect_uri)) return refuse('invalid_redirect_uri', 'redirect_uri is not allowed for the client')
  if (input.response_type !== 'code') return refuse('unsupported_response_type', 'response_type must be "code"')
  const scopes = input.scope.split(' ').filter((one) => one !== '')
  if (!scopes.includes('openid')) return refuse('invalid_scope', 'openid scope is required')
  if (input.code_challenge === '' && client.type === 'public') return refuse('invalid_request', 'PKCE is required for public clients')
  if (input.code_challenge !== '' && !['plain', 'S256'].includes(input.code_challenge_method)) return refuse('invalid_request', 'code_challenge_method must be "plain" or "S256"')
  if (!(await mayUse(core, context, client))) return refuse('access_denied', 'the identity entity is not authorized by the client assignment')
  const authTime = caller.tokenKey === null ? nowOf(context) : (await core.tokens.stored(caller.tokenKey))?.createdAt ?? 0
  if (input.max_age !== undefined && nowOf(context) - authTime > input.max_age) return refuse('max_age_violation', 'the caller logged in too long ago')
  const code = randomText(32)
  const expiresAt = nowOf(context) + codeSeconds
  const kept: Code = {
    provider: input.name, clientId: client.clientId, redirectUri: input.redirect_uri, entityId: caller.entityId,
    scopes: scopes.filter((one) => provider.scopes.includes(one)), nonce: input.nonce,
    challenge: input.code_challenge, method: input.code_challenge_method, authTime, expiresAt,
  }
  await forgetOld(context)
  await store.update((tx) => {
    tx.write(codePlace(code), kept)
    tx.put(`oidc/code-due/${String(expiresAt).padStart(11, '0')}/${codePlace(code)}`, new Uint8Array(0))
  })
  return bare({ code, state: input.state })
}

/** Removes codes that nobody came for; a few at each new code. */
async function forgetOld({ store, now }: Context): Promise<void> {
  const end = `oidc/code-due/${String(Math.trunc(now() / 1000)).padStart(11, '0')}`
  const old = (await store.keys('oidc/code-due/', { limit: 20 })).filter((key) => key < end)
  if (old.length > 0) await store.update((tx) => old.forEach((key) => [key, key.split('/').slice(3).join('/')].forEach((one) => tx.delete(one))))
}

async function mayUse(core: Core, context: Context, client: Client): Promise<boolean> {
  const identity = context.caller.entityId === '' ? null : await core.identity.resolve(context.caller.entityId)
  if (!identity?.identity.entity || identity.disabled) return false
  if (client.assignments.includes(everybody)) return true
  for (const one of client.assignments) {
    const assignment = await findAssignment(context.store, one)
    if (assignment?.entityIds.includes(identity.identity.entity.id)) return true
    if (identity.identity.groups.some((group) => assignment?.groupIds.includes(group.id))) return true
  }
  return false
}

/** Claims that scopes tell of an entity; null where it may do nothing any more. */
async function scopeClaims(core: Core, context: Context, entityId: string, scopes: readonly string[]): Promise<Record<string, unknown> | null> {
  const identity = await core.identity.resolve(entityId)
  if (!identity || identity.disabled) return null
  const claims: Record<string, unknown> = {}
  for (const one of scopes) {
    const scope = await findScope(context.store, one)
    if (scope) Object.assign(claims, claimsOf(scope.template, identity.identity, nowOf(context)))
  }
  return claims
}

async function exchange(core: Core, context: Context, input: Values<typeof tokenFields>, apiAddress: () => string) {
  const { store } = context
  if (input.grant_type !== 'authorization_code') return refuse('unsupported_grant_type', 'grant_type must be "authorization_code"')
  const provider = await findProvider(store, input.name)
  const client = await findClient(store, input.client_id)
  const proven = client?.type === 'public' || sameSecret(input.client_secret, client?.clientSecret ?? '')
  if (!provider || !client || !serves(provider, client.clientId) || !proven) return refuse('invalid_client', 'client failed to authenticate', 401)
  const code = await takeCode(context, input.code)
  const fits = code?.clientId === client.clientId && code.provider === input.name && code.redirectUri === input.redirect_uri
  if (!code || !fits || code.expiresAt <= nowOf(context)) return refuse('invalid_grant', 'the code is not valid')
  const proof = code.method === 'S256' ? createHash('sha256').update(input.code_verifier).digest('base64url') : input.code_verifier
  if (code.challenge !== '' && !sameSecret(proof, code.challenge)) return refuse('invalid_grant', 'invalid code_verifier for PKCE')
  const claims = await scopeClaims(core, context, code.entityId, code.scopes)
  const key = await currentKey(context, client.key)
  if (!claims) return refuse('access_denied', 'the entity is not active')
  if (!key || !allows(key, client.clientId)) return refuse('invalid_client', 'the client\'s key does not allow it')
  const namespace = core.namespaces.at(context.mount.namespace)!
  const access = await core.tokens.create({
    parent: null, type: 'batch', namespace: namespace.path, namespaceId: namespace.id, policies: [], path: `identity/oidc/provider/${input.name}/token`,
    metadata: { oidc_provider: input.name, oidc_scopes: code.scopes.join(' ') }, displayName: 'oidc', uses: 0, ttl: client.accessTokenTtl, explicitMaxTtl: 0, maxTtl: 0,
    period: 0, renewable: false, entityId: code.entityId, role: '', boundCidrs: [], noDefaultPolicy: true, mountAccessor: '',
  })
  const now = nowOf(context)
  const idToken = await signToken(key, {
    ...claims, iss: issuerOf(context, provider, input.name, apiAddress), sub: code.entityId, aud: client.clientId, iat: now, exp: now + client.idTokenTtl, auth_time: code.authTime, namespace: namespace.id,
    at_hash: halfHash(key.algorithm, access.token), ...(code.nonce !== '' && { nonce: code.nonce }),
  })
  return bare({ token_type: 'Bearer', access_token: access.token, id_token: idToken, expires_in: client.accessTokenTtl })
}

/** A code is gone when it was asked for, whether it was right or not. */
async function takeCode({ store }: Context, code: string): Promise<Code | null> {
  return store.update(async (tx) => {
    const kept = await tx.read<Code>(codePlace(code))
    if (!kept) return null
    tx.delete(codePlace(code))
    tx.delete(`oidc/code-due/${String(kept.expiresAt).padStart(11, '0')}/${codePlace(code)}`)
    return kept
  })
}

/** `at_hash`: the left half of the hash that belongs to the signing algorithm. */
function halfHash(algorithm: string, token: string): string {
  const bits = algorithm === 'EdDSA' ? '512' : algorithm.slice(2)
  const digest = createHash(`sha${bits}`).update(token).digest()
  return digest.subarray(0, digest.length / 2).toString('base64url')
}
