// Issuers of web identities (GitHub Actions, GitLab, Kubernetes, any OpenID provider): which keys sign their tokens.
import type { JSONWebKeySet, JWTPayload, errors } from 'jose'
import { send } from '../../clients/outgoing.ts'
import { listing } from '../../kit/answer.ts'
import { Fault, invalid } from '../../kit/errors.ts'
import { checkCidrs } from '../../kit/cidr.ts'
import { isObject, list, object, text } from '../../kit/field.ts'
import { type Context, type Route, route } from '../../kit/route.ts'
import { type Role, bound } from './roles.ts'

interface Issuer {
  issuer: string
  audiences: string[]
  /** One of both, or neither: then discovery. */
  jwksUrl: string
  jwks: JSONWebKeySet | null
  ca: string
  /** Internal networks in which its keys may lie. */
  allowed: string[]
}

/** What a token proved. */
export interface WebIdentity {
  subject: string
  audience: string
  provider: string
  claims: Record<string, unknown>
}

const algorithms = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA']
const usualAudience = 'sts.amazonaws.com'
const name = text({ about: 'Name of the issuer.', required: true })

const rejected = (message: string): Fault => new Fault('denied', message)

/** Keys fetched from afar: kept ten minutes, asked anew sooner where a token names an unknown one. */
const fetched = new Map<string, { at: number; keys: JSONWebKeySet }>()
const keptFor = 600_000
const soonest = 30_000

async function keysOf(issuer: Issuer, now: number, fresh: boolean): Promise<JSONWebKeySet> {
  if (issuer.jwks) return issuer.jwks
  const place = issuer.jwksUrl === '' ? `${issuer.issuer.replace(/\/$/, '')}/.well-known/openid-configuration` : issuer.jwksUrl
  const known = fetched.get(place)
  if (known && now - known.at < (fresh ? soonest : keptFor)) return known.keys
  let keys = await getJson(place, issuer)
  if (issuer.jwksUrl === '') {
    if (keys.issuer !== issuer.issuer || typeof keys.jwks_uri !== 'string') throw unreachable()
    keys = await getJson(keys.jwks_uri, issuer)
  }
  if (!Array.isArray(keys.keys)) throw unreachable()
  if (fetched.size > 1000) fetched.clear()
  fetched.set(place, { at: now, keys: keys as unknown as JSONWebKeySet })
  return keys as unknown as JSONWebKeySet
}

const unreachable = (cause?: unknown): Fault => new Fault('upstream', "Couldn't retrieve verification key from your identity provider, please reference AssumeRoleWithWebIdentity documentation for requirements", { cause })

async function getJson(url: string, issuer: Issuer): Promise<Record<string, unknown>> {
  try {
    const { status, body } = await send(url, { allowed: issuer.allowed, ca: issuer.ca === '' ? undefined : issuer.ca, headers: { accept: 'application/json' } })
    const value: unknown = status === 200 ? JSON.parse(body.toString()) : null
    if (isObject(value)) return value
  } catch (cause) {
    throw unreachable(cause)
  }
  throw unreachable()
}

/** Checks signature, issuer, time, audience, subject and claims of a token for a role; throws `invalid`, `denied` or `upstream`. */
export async function verifyWebIdentity(context: Context, role: Role, token: string): Promise<WebIdentity> {
  const issuer = role.issuer === '' ? null : await context.store.read<Issuer>(`issuer/${role.issuer}`)
  if (!issuer) throw rejected('Not authorized to perform sts:AssumeRoleWithWebIdentity')
  const audiences = role.audiences.length > 0 ? role.audiences : issuer.audiences.length > 0 ? issuer.audiences : [usualAudience]
  // Loaded with the first such token: few servers ever see one.
  const { createLocalJWKSet, jwtVerify } = await import('jose')
  const verify = async (fresh: boolean) => jwtVerify(token, createLocalJWKSet(await keysOf(issuer, context.now(), fresh)), { issuer: issuer.issuer, algorithms, clockTolerance: 60, currentDate: new Date(context.now()), requiredClaims: ['exp', 'sub', 'aud'] })
  const { payload } = await verify(false).catch((cause: unknown) => {
    if (codeOf(cause) === 'ERR_JWKS_NO_MATCHING_KEY' && !issuer.jwks) return verify(true).catch(refuse)
    return refuse(cause)
  })
  const given = [payload.aud].flat().filter((one) => one !== undefined)
  const audience = given.find((one) => audiences.includes(one))
  if (audience === undefined) throw new Fault('invalid', 'Incorrect token audience')
  if (!bound(role, String(payload.sub), (claim) => [payload[claim]].flat())) throw rejected('Not authorized to perform sts:AssumeRoleWithWebIdentity')
  return { subject: String(payload.sub), audience, provider: issuer.issuer, claims: payload }
}

const codeOf = (cause: unknown): unknown => (cause as { code?: unknown } | null)?.code

function refuse(cause: unknown): never {
  if (cause instanceof Fault) throw cause
  if (codeOf(cause) === 'ERR_JWT_EXPIRED') throw new Fault('precondition', 'Token expired')
  if (codeOf(cause) === 'ERR_JWT_CLAIM_VALIDATION_FAILED') throw new Fault('invalid', (cause as errors.JWTClaimValidationFailed).claim === 'iss' ? 'Issuer of the token is not the one that the role trusts' : 'The token lacks a claim or has one that is not valid')
  throw new Fault('invalid', "The ID Token provided is not a valid JWT. (You may see this error if you sent an Access Token)")
}

/** Subject and audience of a token that nobody checked, for servers in development. */
export function readUnverified(token: string): WebIdentity {
  try {
    const claims = JSON.parse(Buffer.from(token.split('.')[1]!, 'base64url').toString()) as JWTPayload
    if (!isObject(claims)) throw rejected('not a token')
    return { subject: String(claims.sub ?? 'subject'), audience: String([claims.aud].flat()[0] ?? usualAudience), provider: String(claims.iss ?? 'development'), claims }
  } catch {
    return { subject: 'development', audience: usualAudience, provider: 'development', claims: {} }
  }
}

const view = ({ issuer, audiences, jwksUrl, jwks, ca, allowed }: Issuer): Record<string, unknown> => ({ issuer, audiences, jwks_url: jwksUrl, jwks, jwks_ca_pem: ca, allowed_networks: allowed })

export const issuerRoutes: Route[] = [
  route({
    op: 'write',
    path: 'config/issuer/:name',
    about: 'Says whose web identities are believed.',
    takes: {
      name,
      issuer: text({ about: 'The `iss` of the tokens, such as https://token.actions.githubusercontent.com.', required: true }),
      audiences: list({ about: 'Audiences of which a token must name one; default sts.amazonaws.com.', default: [] }),
      jwks_url: text({ about: 'Where the keys are; default: found by OpenID discovery.', default: '' }),
      jwks: object({ about: 'The keys themselves, as a JSON Web Key Set.' }),
      jwks_ca_pem: text({ about: 'Certificate authorities of the key server.', default: '' }),
      allowed_networks: list({ about: 'Internal networks in which the key server may be.', default: [] }),
    },
    async run(context, input) {
      if (!/^https?:\/\/\S+$/.test(input.issuer)) throw invalid('issuer: expected a URL')
      if (input.jwks && !Array.isArray(input.jwks.keys)) throw invalid('jwks: expected { keys: [ … ] }')
      checkCidrs(input.allowed_networks, 'allowed_networks')
      const issuer: Issuer = { issuer: input.issuer, audiences: input.audiences, jwksUrl: input.jwks_url, jwks: (input.jwks as JSONWebKeySet | undefined) ?? null, ca: input.jwks_ca_pem, allowed: input.allowed_networks }
      await context.store.write(`issuer/${input.name}`, issuer)
    },
  }),
  route({
    op: 'read',
    path: 'config/issuer/:name',
    about: 'Shows an issuer.',
    takes: { name },
    async run(context, input) {
      const issuer = await context.store.read<Issuer>(`issuer/${input.name}`)
      return issuer && view(issuer)
    },
  }),
  route({
    op: 'list',
    path: 'config/issuer',
    about: 'Lists the issuers.',
    takes: {},
    async run(context) {
      const keys = await context.store.children('issuer/')
      return listing(keys)
    },
  }),
  route({ op: 'delete', path: 'config/issuer/:name', about: 'Believes an issuer no more.', takes: { name }, run: (context, input) => context.store.delete(`issuer/${input.name}`) }),
]
