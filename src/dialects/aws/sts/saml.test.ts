import assert from 'node:assert/strict'
import { createHash, webcrypto } from 'node:crypto'
import { after, before, test } from 'node:test'
import 'reflect-metadata'
import { GetSecretValueCommand } from '@aws-sdk/client-secrets-manager'
import { AssumeRoleWithSAMLCommand, GetCallerIdentityCommand } from '@aws-sdk/client-sts'
import * as x509 from '@peculiar/x509'
import { type AwsServer, startAws } from '../server.test-aid.ts'

interface Signer {
  addReference(reference: object): void
  computeSignature(xml: string, options: object): void
  getSignedXml(): string
}
// The package's own types bring those of browsers.
const { SignedXml } = (await import('xml-crypto' as string)) as { SignedXml: new (options: object) => Signer }

const exclusive = 'http://www.w3.org/2001/10/xml-exc-c14n#'
const enveloped = 'http://www.w3.org/2000/09/xmldsig#enveloped-signature'
const sha256 = { signatureAlgorithm: 'http://www.w3.org/2001/04/xmldsig-more#rsa-sha256', digestAlgorithm: 'http://www.w3.org/2001/04/xmlenc#sha256' }
const sha1 = { signatureAlgorithm: 'http://www.w3.org/2000/09/xmldsig#rsa-sha1', digestAlgorithm: 'http://www.w3.org/2000/09/xmldsig#sha1' }

async function identity(): Promise<{ certificate: string; privateKey: string }> {
  x509.cryptoProvider.set(webcrypto as unknown as Parameters<typeof x509.cryptoProvider.set>[0])
  const algorithm = { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256', modulusLength: 2048, publicExponent: new Uint8Array([1, 0, 1]) }
  const keys = (await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify'])) as webcrypto.CryptoKeyPair
  const made = await x509.X509CertificateGenerator.createSelfSigned({ name: 'CN=idp', notBefore: new Date(), notAfter: new Date(Date.now() + 3_600_000), signingAlgorithm: algorithm, keys })
  return { certificate: made.toString('pem'), privateKey: x509.PemConverter.encode(await webcrypto.subtle.exportKey('pkcs8', keys.privateKey), 'PRIVATE KEY') }
}

const provider = await identity()
const stranger = await identity()
const role = 'arn:aws:iam::123456789012:role/federated'
const principal = 'arn:aws:iam::123456789012:saml-provider/corp'
const issuer = 'https://idp.example/metadata'
const at = (seconds: number): string => new Date(Date.now() + seconds * 1000).toISOString()
const attributes = (name: string): string => `https://aws.amazon.com/SAML/Attributes/${name}`

interface Told {
  id?: string
  issuer?: string
  issued?: string
  subject?: string
  audience?: string
  recipient?: string
  method?: string
  ends?: string
  begins?: string
  confirmed?: string
  session?: string
  said?: Record<string, string>
  status?: string
}

let count = 0
/** A response with one assertion, unsigned. */
function response(told: Told = {}): string {
  const { id = `_a${count++}`, issued = at(0), subject = 'ann@example.com', audience = 'urn:amazon:webservices', recipient = 'https://signin.aws.amazon.com/saml', ends = at(300), begins = at(-60) } = told
  const said = { [attributes('Role')]: `${role},${principal}`, [attributes('RoleSessionName')]: 'ann', ...told.said }
  const statement = Object.entries(said).map(([name, value]) => (value === '' ? '' : `<saml:Attribute Name="${name}"><saml:AttributeValue>${value}</saml:AttributeValue></saml:Attribute>`)).join('')
  return `<samlp:Response xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol" xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion" ID="_r${id}" Version="2.0" IssueInstant="${issued}">\
<saml:Issuer>${told.issuer ?? issuer}</saml:Issuer><samlp:Status><samlp:StatusCode Value="urn:oasis:names:tc:SAML:2.0:status:${told.status ?? 'Success'}"/></samlp:Status>\
<saml:Assertion ID="${id}" Version="2.0" IssueInstant="${issued}"><saml:Issuer>${told.issuer ?? issuer}</saml:Issuer>\
<saml:Subject><saml:NameID Format="urn:oasis:names:tc:SAML:2.0:nameid-format:persistent">${subject}</saml:NameID>\
<saml:SubjectConfirmation Method="urn:oasis:names:tc:SAML:2.0:cm:${told.method ?? 'bearer'}"><saml:SubjectConfirmationData ${told.confirmed ?? `NotOnOrAfter="${ends}"`} Recipient="${recipient}"/></saml:SubjectConfirmation></saml:Subject>\
<saml:Conditions NotBefore="${begins}" NotOnOrAfter="${ends}"><saml:AudienceRestriction><saml:Audience>${audience}</saml:Audience></saml:AudienceRestriction></saml:Conditions>\
<saml:AuthnStatement AuthnInstant="${issued}"${told.session === undefined ? '' : ` SessionNotOnOrAfter="${told.session}"`}/><saml:AttributeStatement>${statement}</saml:AttributeStatement></saml:Assertion></samlp:Response>`
}

function sign(xml: string, { what = 'Assertion', privateKey = provider.privateKey, algorithms = sha256 } = {}): string {
  const signer = new SignedXml({ privateKey, signatureAlgorithm: algorithms.signatureAlgorithm, canonicalizationAlgorithm: exclusive })
  const holder = `//*[local-name(.)='${what}']`
  signer.addReference({ xpath: holder, transforms: [enveloped, exclusive], digestAlgorithm: algorithms.digestAlgorithm })
  signer.computeSignature(xml, { location: { reference: `${holder}/*[local-name(.)='Issuer']`, action: 'after' } })
  return signer.getSignedXml()
}

let aws: AwsServer
before(async () => {
  aws = await startAws({ development: false })
  await aws.vault('POST', 'secret/data/app/one', { data: { v: '1' } })
  await aws.vault('PUT', 'sys/policies/acl/reader', { policy: 'path "secret/data/app/*" { capabilities = ["read"] }' })
  await aws.vault('POST', 'auth/aws/config/saml/corp', { issuer, certificates: [provider.certificate] })
  await aws.vault('POST', 'auth/aws/role/federated', { policies: ['reader'], saml_provider: 'corp', max_session_duration: 7200 })
})
after(() => aws.stop())

const assume = (xml: string, more: object = {}) => aws.sts().send(new AssumeRoleWithSAMLCommand({ RoleArn: role, PrincipalArn: principal, SAMLAssertion: Buffer.from(xml).toString('base64'), ...more }))
const named = (name: string, message?: RegExp) => (error: Error) => {
  assert.equal(error.name, name, error.message)
  if (message) assert.match(error.message, message)
  return true
}
const refuses = (xml: string, message?: RegExp, name = 'InvalidIdentityTokenException') => assert.rejects(assume(xml), named(name, message))

test('an assertion of a trusted provider gives the keys of its role, once', async () => {
  const xml = sign(response({ said: { [attributes('SessionDuration')]: '1800', [attributes('PrincipalTag:Team')]: 'blue', [attributes('SourceIdentity')]: 'ann.a' } }))
  const given = await assume(xml)
  assert.deepEqual([given.Subject, given.SubjectType, given.Issuer, given.Audience, given.SourceIdentity], ['ann@example.com', 'persistent', issuer, 'https://signin.aws.amazon.com/saml', 'ann.a'])
  assert.equal(given.NameQualifier, createHash('sha1').update(`${issuer}123456789012/corp`).digest('base64'))
  assert.equal(given.AssumedRoleUser!.Arn, 'arn:aws:sts::123456789012:assumed-role/federated/ann')
  assert.match(given.AssumedRoleUser!.AssumedRoleId!, /^AROA[A-Z2-7]{17}:ann$/)
  assert.ok(Math.abs(given.Credentials!.Expiration!.getTime() - Date.now() - 1_800_000) < 60_000)
  const keys = { accessKeyId: given.Credentials!.AccessKeyId!, secretAccessKey: given.Credentials!.SecretAccessKey!, sessionToken: given.Credentials!.SessionToken! }
  assert.equal((await aws.secrets(keys).send(new GetSecretValueCommand({ SecretId: 'app/one' }))).SecretString, '{"v":"1"}')
  assert.equal((await aws.sts(keys).send(new GetCallerIdentityCommand({}))).Arn, given.AssumedRoleUser!.Arn)
  await refuses(xml, /redeemed before/)
  const line = aws.audit().findLast((one) => one.type === 'response' && one.auth?.metadata?.aws_arn === given.AssumedRoleUser!.Arn)
  assert.deepEqual([line.auth.metadata.Team, line.auth.metadata.source_identity, line.auth.metadata.provider], ['blue', 'ann.a', issuer])
  assert.equal(JSON.stringify(aws.audit()).includes(Buffer.from(xml).toString('base64')), false)
})

test('the whole response may be signed instead, or both; each signature must be right', async () => {
  await assume(sign(response(), { what: 'Response' }))
  await assume(sign(sign(response()), { what: 'Response' }))
  await refuses(sign(sign(response(), { privateKey: stranger.privateKey }), { what: 'Response' }), /^Response signature invalid$/)
  await refuses(sign(response(), { what: 'Response' }).replace('ann@example.com', 'bob@example.com'), /signature invalid/)
})

test('what is not signed by the provider is refused', async () => {
  await refuses(response(), /^Response signature invalid$/)
  await refuses(sign(response(), { privateKey: stranger.privateKey }), /^Response signature invalid$/)
  await refuses(sign(response(), { algorithms: sha1 }), /^Response signature invalid$/)
  await refuses(sign(response()).replace('>ann<', '>bob<'), /^Response signature invalid$/)
  await refuses(sign(response()).replace(/<ds:SignatureValue>|<SignatureValue>/, '$&AAAA'), /^Response signature invalid$/)
  const own = sign(response(), { privateKey: stranger.privateKey })
  const bare = stranger.certificate.replace(/-----[^-]+-----|\s/g, '')
  await refuses(own.replace('</Signature>', `<KeyInfo><X509Data><X509Certificate>${bare}</X509Certificate></X509Data></KeyInfo></Signature>`), /signature invalid/)
})

const partsOf = (xml: string): { assertion: string; signature: string } => ({ assertion: /<saml:Assertion.*<\/saml:Assertion>/s.exec(xml)![0], signature: /<Signature.*<\/Signature>/s.exec(xml)![0] })

test('a signature speaks for what it signed alone, wherever that is put', async () => {
  const good = sign(response({ id: '_good' }))
  const { assertion, signature } = partsOf(good)
  const forged = response({ id: '_evil', said: { [attributes('RoleSessionName')]: 'root' } })
  const evil = partsOf(good.replace(assertion, /<saml:Assertion.*<\/saml:Assertion>/s.exec(forged)![0] + signature)).assertion
  const around = (inner: string): string => good.replace(assertion, inner)
  for (const xml of [
    around(evil + assertion),
    around(assertion + evil),
    around(evil.replace('</saml:Issuer>', `</saml:Issuer>${signature}`)),
    around(evil.replace('</saml:Issuer>', `</saml:Issuer>${signature.replace('</Signature>', `<Object>${assertion.replace(signature, '')}</Object></Signature>`)}`)),
    around(evil.replace('_evil', '_good').replace('</saml:Issuer>', `</saml:Issuer>${signature}`) ),
    around(`<samlp:Extensions>${assertion}</samlp:Extensions>${evil.replace('</saml:Issuer>', `</saml:Issuer>${signature}`)}`),
    around(`${evil}<samlp:Extensions>${assertion}</samlp:Extensions>`),
    around(assertion.replace('</saml:Issuer>', `</saml:Issuer>${signature}`)),
    assertion,
  ]) await refuses(xml)
  assert.equal((await assume(good)).AssumedRoleUser!.Arn!.endsWith('/ann'), true)
})

test('a comment cuts nothing off', async () => {
  await aws.vault('POST', 'auth/aws/role/admins', { policies: ['reader'], saml_provider: 'corp', bound_subjects: ['admin@example.com'], bound_claims: { team: 'blue' } })
  const admins = 'arn:aws:iam::123456789012:role/admins'
  const told = (subject: string, team = 'blue') => sign(response({ subject, said: { [attributes('Role')]: `${principal},${admins}`, team } }))
  const as = (xml: string) => assume(xml, { RoleArn: admins })
  assert.equal((await as(told('admin@example.com'))).Subject, 'admin@example.com')
  await assert.rejects(as(told('admin@example.com<!-- -->.evil.example')), named('AccessDenied', /^Not authorized to perform sts:AssumeRoleWithSAML$/))
  await assert.rejects(as(told('admin@example.com', 'red')), named('AccessDenied'))
  assert.equal((await as(told('admin@exam<!--x-->ple.com'))).Subject, 'admin@example.com')
  const cut = told('admin@example.com.evil.example').replace('.evil', '<!---->.evil')
  await assert.rejects(as(cut), named('AccessDenied'), 'a comment that was put in later changes nothing')
})

test('issuer, audience, recipient, method and times must be right', async () => {
  await refuses(sign(response({ issuer: 'https://other.example' })), /Issuer not present in specified provider/)
  await refuses(sign(response({ audience: 'https://elsewhere.example' })), /does not contain the required audience/)
  await refuses(sign(response({ recipient: 'https://elsewhere.example/saml' })), /recipient/)
  await refuses(sign(response({ recipient: 'https://evil.example/.signin.aws.amazon.com/saml' })), /recipient/)
  await refuses(sign(response({ method: 'holder-of-key' })), /subject confirmation/)
  await refuses(sign(response({ confirmed: '' })), /subject confirmation/)
  await refuses(sign(response({ begins: at(120) })), /not yet valid/)
  await refuses(sign(response({ issued: at(120) })), /invalid SAML response/)
  await refuses(sign(response({ ends: at(-90) })), /expired/, 'ExpiredTokenException')
  await refuses(sign(response({ issued: at(-400), ends: at(3600) })), /redeemed within 5 minutes/, 'ExpiredTokenException')
  await refuses(sign(response({ session: at(-5) })), /session at the identity provider is over/, 'ExpiredTokenException')
  const short = await assume(sign(response({ session: at(600) })))
  assert.ok(short.Credentials!.Expiration!.getTime() < Date.now() + 660_000)
})

test('the assertion itself must name the role with its provider, and the role must trust it', async () => {
  const denied = (xml: string, more: object = {}) => assert.rejects(assume(xml, more), named('AccessDenied', /^Not authorized to perform sts:AssumeRoleWithSAML$/))
  const pair = (value: string): string => sign(response({ said: { [attributes('Role')]: value } }))
  await denied(pair(`arn:aws:iam::123456789012:role/other,${principal}`))
  await denied(pair(`${role},arn:aws:iam::123456789012:saml-provider/other`))
  await denied(pair(role))
  await denied(sign(response({ said: { [attributes('Role')]: '' } })))
  await aws.vault('POST', 'auth/aws/role/plain', { policies: ['reader'] })
  for (const name of ['plain', 'missing']) await denied(pair(`arn:aws:iam::123456789012:role/${name},${principal}`), { RoleArn: `arn:aws:iam::123456789012:role/${name}` })
  await denied(sign(response()), { PrincipalArn: 'arn:aws:iam::123456789012:saml-provider/other' })
  await assume(pair(`${principal}, ${role}`))
})

test('what is no response says so', async () => {
  await refuses('rubbish')
  await refuses(`<!DOCTYPE a [<!ENTITY x "y">]>${sign(response())}`, /invalid SAML response/)
  await refuses(sign(response()).replace('</samlp:Response>', ''), /invalid SAML response/)
  await refuses(`<a>${'<b>'.repeat(8000)}${'</b>'.repeat(8000)}</a>`)
  await assert.rejects(assume('', { SAMLAssertion: '****' }), named('InvalidIdentityTokenException', /base64/))
  await assert.rejects(assume(sign(response({ status: 'Responder' }))), named('IDPRejectedClaimException'))
  await refuses(sign(response({ said: { [attributes('RoleSessionName')]: '' } })), /RoleSessionName is required in AuthnResponse/)
  await refuses(sign(response({ said: { [attributes('RoleSessionName')]: 'not/this' } })), /must match/)
  await assert.rejects(assume(sign(response({ said: { [attributes('SessionDuration')]: '9000' } }))), named('ValidationError', /MaxSessionDuration/))
})

test('a server in development takes the word of an assertion for a role that nobody made', async () => {
  const development = await startAws()
  try {
    const given = await development.sts().send(new AssumeRoleWithSAMLCommand({ RoleArn: role, PrincipalArn: principal, SAMLAssertion: Buffer.from(response()).toString('base64') }))
    assert.equal(given.AssumedRoleUser!.Arn, 'arn:aws:sts::123456789012:assumed-role/federated/ann')
    await development.vault('POST', 'auth/aws/role/federated', { policies: [], saml_provider: 'corp' })
    await assert.rejects(development.sts().send(new AssumeRoleWithSAMLCommand({ RoleArn: role, PrincipalArn: principal, SAMLAssertion: Buffer.from(response()).toString('base64') })), named('AccessDenied'))
  } finally {
    await development.stop()
  }
})

test('a provider may be told by its metadata', async () => {
  const bare = provider.certificate.replace(/-----[^-]+-----/g, '')
  const document = (use: string) => `<?xml version="1.0"?><md:EntityDescriptor xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata" entityID="${issuer}"><md:IDPSSODescriptor><md:KeyDescriptor use="${use}">\
<ds:KeyInfo xmlns:ds="http://www.w3.org/2000/09/xmldsig#"><ds:X509Data><ds:X509Certificate>${bare}</ds:X509Certificate></ds:X509Data></ds:KeyInfo></md:KeyDescriptor></md:IDPSSODescriptor></md:EntityDescriptor>`
  await aws.vault('POST', 'auth/aws/config/saml/corp', { metadata: document('signing'), recipients: ['https://sso.example/acs'] })
  const { data } = await aws.vault('GET', 'auth/aws/config/saml/corp')
  assert.deepEqual([data.issuer, data.certificates.length, data.recipients], [issuer, 1, ['https://sso.example/acs']])
  await assume(sign(response({ recipient: 'https://sso.example/acs' })))
  await refuses(sign(response()), /recipient/)
  for (const wrong of [{ metadata: document('encryption') }, { metadata: '<a/>' }, { issuer }, { issuer, certificates: ['rubbish'] }]) await assert.rejects(aws.vault('POST', 'auth/aws/config/saml/corp', wrong), /400/)
})
