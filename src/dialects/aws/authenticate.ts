// Who signed a request. A signature is checked once a request; every call that the request becomes carries the result.
import { timingSafeEqual } from 'node:crypto'
import { type AccessKey, type AccountSettings, arnOf, sessionDigest } from '../../core/access-keys.ts'
import type { Call, Credential } from '../../core/call.ts'
import type { Core } from '../../core/core.ts'
import type { Token } from '../../core/tokens.ts'
import { Fault } from '../../kit/errors.ts'
import { soon } from '../../kit/soon.ts'
import { AwsFault } from './errors.ts'
import { makeHmac } from '../../crypto/hmac.ts'
import { type Signature, type Signed, checkSignedHeaders, checkTime, isSignedWith, mismatch, readSignature, signingKey } from './sigv4.ts'

export const scheme = 'aws'

/** A caller whose signature was right. */
export interface Signer {
  key: AccessKey
  token: Token
  settings: AccountSettings
  arn: string
  userId: string
  credential: Credential
}

/** What the gate is given as proof: it cannot come from outside, and holds either a signer or why there is none. */
class Proof {
  readonly signer: Signer | null
  readonly refusal: Fault | null

  constructor(signer: Signer | null, refusal: Fault | null) {
    this.signer = signer
    this.refusal = refusal
  }
}

/** The same signer with other rights, for one call. */
export function withRights(signer: Signer, token: Token): Signer {
  const made: Signer = { ...signer, token }
  made.credential = { scheme, value: signer.key.id, proof: new Proof(made, null) }
  return made
}

/** A credential that the gate refuses, so that a failed attempt is audited as others are. */
export const refusedCredential = (keyId: string, refusal: Fault): Credential => ({ scheme, value: keyId, proof: new Proof(null, refusal) })

/** The gate's side: hands over what was found out before. */
export function tokenOfProof(_call: Call, { proof }: Credential): Token {
  if (!(proof instanceof Proof)) throw new Fault('unauthenticated')
  if (!proof.signer) throw proof.refusal ?? new Fault('unauthenticated')
  return proof.signer.token
}

const unrecognized = (): AwsFault => new AwsFault('UnrecognizedClientException', 'The security token included in the request is invalid.')
/** What signs, by scope, kept as long as the key they belong to is unchanged. */
const derived = new WeakMap<AccessKey, Map<string, (text: string) => string>>()
const mostDerived = 64

/** Checks scope, time, key, session token, signed headers, body and signature; throws in AWS's words. */
export async function authenticate(core: Core, request: Signed, signature: Signature, service: string): Promise<Signer> {
  if (signature.service !== service) throw new AwsFault('InvalidSignatureException', `Credential should be scoped to correct service: '${service}'. `)
  checkTime(signature, core.now())
  const found = core.accessKeys.find(signature.keyId)
  const key = found instanceof Promise ? await found : found
  if (!key || key.status !== 'Active') throw unrecognized()
  checkSessionToken(key, signature.sessionToken)
  checkSignedHeaders(signature, request.headers)
  const scope = `${signature.date}/${signature.region}/${signature.service}`
  const known = derived.get(key)?.get(scope)
  const signing = known ?? makeHmac(signingKey(await core.accessKeys.secretOf(key), signature))
  if (!isSignedWith(signing, request, signature)) throw mismatch()
  if (!known) keep(key, scope, signing)
  // After the signature, so that only who holds the key learns that its time is over.
  if (key.expiresAt > 0 && key.expiresAt * 1000 <= core.now()) throw new AwsFault('ExpiredTokenException', 'The security token included in the request is expired')
  return signerOf(core, key)
}

const signers = new WeakMap<AccessKey, Signer>()

function signerOf(core: Core, key: AccessKey): Signer | Promise<Signer> {
  const namespace = core.namespaces.byId(key.namespaceId)
  if (!namespace) throw unrecognized()
  return soon(core.accessKeys.settings(namespace), (settings) => {
    const ready = signers.get(key)
    if (ready?.settings === settings) return ready
    const { arn, userId } = arnOf(key.principal, settings.account, key.id)
    const token = core.accessKeys.tokenOf(key, settings.account, arn)
    const signer = withRights({ key, token, settings, arn, userId, credential: { scheme, value: key.id } }, token)
    signers.set(key, signer)
    return signer
  })
}

function checkSessionToken(key: AccessKey, given: string | null): void {
  // Clients send an empty header where no session token is configured.
  if (key.sessionDigest === undefined) {
    if (given !== null && given !== '' && key.principal.kind !== 'root') throw unrecognized()
    return
  }
  const digest = Buffer.from(sessionDigest(given ?? ''))
  if (!timingSafeEqual(digest, Buffer.from(key.sessionDigest))) throw unrecognized()
}

function keep(key: AccessKey, scope: string, signing: (text: string) => string): void {
  let scopes = derived.get(key)
  if (!scopes) derived.set(key, (scopes = new Map()))
  if (scopes.size >= mostDerived) scopes.clear()
  scopes.set(scope, signing)
}

/** The signature of a request, or a fault where it has none that can be read. */
export function requireSignature(request: Signed): Signature {
  const signature = readSignature(request)
  if (!signature) throw new AwsFault('MissingAuthenticationTokenException', 'Missing Authentication Token')
  return signature
}
