import assert from 'node:assert/strict'
import { hash } from 'node:crypto'
import { test } from 'node:test'
import { makeHmac } from '../../crypto/hmac.ts'
import { type Headers, canonicalRequest, checkSignedHeaders, checkTime, isSignedWith, payloadHash, readSignature, signingKey, stringToSign } from './sigv4.ts'

// The example of the specification (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-examples.html): key
// and values are published there.
const secret = ['wJalrXUtnFEMI/K7MDENG', 'bPxRfiCYEXAMPLEKEY'].join('+')
const empty = hash('sha256', '', 'hex')

function signatureOf(method: string, url: string, headers: Headers, service: string, body = ''): string {
  const scope = { time: '20150830T123600Z', date: '20150830', region: 'us-east-1', service }
  const signed = Object.keys(headers).sort()
  const canonical = canonicalRequest({ method, url, headers }, signed, hash('sha256', body, 'hex'))
  return makeHmac(signingKey(secret, scope))(stringToSign(scope, canonical))
}

test('the ListUsers example of the specification', () => {
  const headers = { 'content-type': 'application/x-www-form-urlencoded; charset=utf-8', host: 'iam.amazonaws.com', 'x-amz-date': '20150830T123600Z' }
  const canonical = canonicalRequest({ method: 'GET', url: '/?Action=ListUsers&Version=2010-05-08', headers }, Object.keys(headers).sort(), empty)
  assert.equal(hash('sha256', canonical, 'hex'), 'f536975d06c0309214f805bb90ccff089219ecd68b2577efef23edd43b7e1a59')
  assert.equal(signingKey(secret, { date: '20150830', region: 'us-east-1', service: 'iam' }).toString('hex'), 'c4afb1cc5771d871763a393e44b703571b55cc28424d1a5e86da6ed3c154a4b9')
  assert.equal(signatureOf('GET', '/?Action=ListUsers&Version=2010-05-08', headers, 'iam'), '5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7')
})

const host = 'example.amazonaws.com'
const date = '20150830T123600Z'

/** The published suite, its requests by name. */
const suite: { name: string; method?: string; url: string; headers?: Headers; signature: string }[] = [
  { name: 'get-vanilla', url: '/', signature: '5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31' },
  { name: 'get-vanilla-query-order-key-case', url: '/?Param2=value2&Param1=value1', signature: 'b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500' },
  { name: 'post-vanilla', method: 'POST', url: '/', signature: '5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b' },
  { name: 'post-header-key-sort', method: 'POST', url: '/', headers: { 'my-header1': 'value1' }, signature: 'c5410059b04c1ee005303aed430f6e6645f61f4dc9e1461ec8f8916fdf18852c' },
  { name: 'get-relative', url: '/example/..', signature: '5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31' },
  { name: 'get-slash-dot-slash', url: '/./', signature: '5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31' },
  { name: 'get-slashes', url: '//example//', signature: '9a624bd73a37c9a373b5312afbebe7a714a789de108f0bdfe846570885f57e84' },
]

for (const { name, method = 'GET', url, headers = {}, signature } of suite) {
  test(`published vector ${name}`, () => assert.equal(signatureOf(method, url, { host, 'x-amz-date': date, ...headers }, 'service'), signature))
}

test('spaces in header values count once', () => {
  const canonical = canonicalRequest({ method: 'GET', url: '/', headers: { host, 'my-header': '  a   b  c  ' } }, ['host', 'my-header'], empty)
  assert.match(canonical, /\nmy-header:a b c\n/)
})

const headers = { host, 'x-amz-date': date, authorization: `AWS4-HMAC-SHA256 Credential=AKID/20150830/us-east-1/service/aws4_request, SignedHeaders=host;x-amz-date, Signature=${'0'.repeat(64)}` }
const request = { method: 'POST', url: '/', headers, body: Buffer.alloc(0) }
const at = Date.UTC(2015, 7, 30, 12, 36, 0)

test('reads what a header says', () => {
  const { keyId, region, service, signedHeaders, expires } = readSignature(request)!
  assert.deepEqual({ keyId, region, service, signedHeaders, expires }, { keyId: 'AKID', region: 'us-east-1', service: 'service', signedHeaders: ['host', 'x-amz-date'], expires: null })
  assert.equal(readSignature({ ...request, headers: { host } }), null)
})

test('incomplete and foreign signatures are named', () => {
  const reading = (authorization: string) => () => readSignature({ ...request, headers: { ...headers, authorization } })
  assert.throws(reading('AWS4-HMAC-SHA256 Credential=AKID/20150830/us-east-1/service/aws4_request'), { type: 'IncompleteSignatureException', message: /'Signature' parameter\. Authorization header requires 'SignedHeaders'/ })
  assert.throws(reading('AWS4-HMAC-SHA256 Credential=AKID/us-east-1/service, SignedHeaders=host, Signature=00'), { type: 'IncompleteSignatureException' })
  assert.throws(reading('AWS4-ECDSA-P256-SHA256 Credential=AKID/20150830/service/aws4_request, SignedHeaders=host, Signature=00'), { message: /4A is not supported/ })
  assert.throws(reading('AWS3 foo'), { type: 'IncompleteSignatureException' })
})

test('clocks may differ by five minutes and no more', () => {
  const signature = readSignature(request)!
  for (const skew of [-300_000, 0, 300_000]) checkTime(signature, at + skew)
  assert.throws(() => checkTime(signature, at + 301_000), { type: 'InvalidSignatureException', message: /^Signature expired: 20150830T123600Z is now earlier than 20150830T123601Z \(20150830T124101Z - 5 min\.\)$/ })
  assert.throws(() => checkTime(signature, at - 301_000), { message: /^Signature not yet current/ })
  assert.throws(() => checkTime({ ...signature, date: '20150829' }, at), { message: /Credential scope/ })
})

test('a presigned URL is good until its expiry', () => {
  const url = `/?Action=GetCallerIdentity&X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKID%2F20150830%2Fus-east-1%2Fsts%2Faws4_request&X-Amz-Date=${date}&X-Amz-Expires=900&X-Amz-SignedHeaders=host&X-Amz-Signature=00`
  const signature = readSignature({ ...request, url, headers: { host } })!
  assert.equal(signature.expires, 900)
  checkTime(signature, at + 899_000)
  assert.throws(() => checkTime(signature, at + 901_000), { message: /^Signature expired/ })
  assert.throws(() => readSignature({ ...request, url: url.replace('=900', '=9999999'), headers: { host } }), { type: 'IncompleteSignatureException' })
})

test('host and every x-amz header must be signed', () => {
  const signature = readSignature(request)!
  checkSignedHeaders(signature, headers)
  assert.throws(() => checkSignedHeaders(signature, { ...headers, 'x-amz-target': 'a.B' }), { message: "'x-amz-target' must be a 'SignedHeader' in the AWS Authorization." })
  assert.throws(() => checkSignedHeaders({ ...signature, signedHeaders: ['x-amz-date'] }, headers), { message: /'Host'/ })
})

test('the payload must be the one that is declared', () => {
  assert.equal(payloadHash(Buffer.from('abc'), {}), hash('sha256', 'abc', 'hex'))
  assert.throws(() => payloadHash(Buffer.from('abc'), { 'x-amz-content-sha256': empty }), { type: 'InvalidSignatureException' })
  assert.throws(() => payloadHash(Buffer.from('abc'), { 'x-amz-content-sha256': 'UNSIGNED-PAYLOAD' }), { message: /UNSIGNED-PAYLOAD is not accepted/ })
})

test('any change of the request breaks its signature', () => {
  const signature = readSignature(request)!
  const sign = makeHmac(signingKey(secret, signature))
  const good = { ...signature, signature: sign(stringToSign(signature, canonicalRequest(request, signature.signedHeaders, empty))) }
  assert.equal(isSignedWith(sign, request, good), true)
  assert.equal(isSignedWith(sign, { ...request, body: Buffer.from('x') }, good), false)
  assert.equal(isSignedWith(sign, { ...request, method: 'GET' }, good), false)
  assert.equal(isSignedWith(sign, { ...request, url: '/?a=b' }, good), false)
  assert.equal(isSignedWith(sign, { ...request, headers: { ...headers, host: 'other' } }, good), false)
  assert.equal(isSignedWith(sign, request, { ...good, signature: good.signature.slice(1) }), false)
  assert.equal(isSignedWith(makeHmac(signingKey(`${secret}x`, signature)), request, good), false)
})
