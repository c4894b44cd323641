// Certificates of signing keys: a request for one, and the chain that came back.
import { webcrypto, X509Certificate } from 'node:crypto'
import { invalid } from '../../kit/errors.ts'
import { integer, text } from '../../kit/field.ts'
import { route, type Route } from '../../kit/route.ts'
import { changeKey, needKey, needPurpose, versionAt, type Key } from './key.ts'
import { keyType, signs } from './key-type.ts'
import { privateOf, publicOf } from './material.ts'

function needSigner(key: Key): void {
  needPurpose(key, 'sign')
  if (!signs(keyType(key.type)) || keyType(key.type).curve === 'secp256k1') throw invalid(`key type '${key.type}' does not support signing`)
  if (key.derived) throw invalid('operation not supported for keys with derivation enabled')
}

/** The hash goes with the strength of the curve. RFC 5758, RFC 8410. */
function algorithmOf(key: Key) {
  const { curve, rsaBits } = keyType(key.type)
  if (curve) return { name: 'ECDSA', namedCurve: curve, hash: { 'P-256': 'SHA-256', 'P-384': 'SHA-384', 'P-521': 'SHA-512', secp256k1: 'SHA-256' }[curve] }
  return rsaBits ? { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' } : { name: 'Ed25519' }
}

async function requestFor(key: Key, number: number, template: string): Promise<string> {
  // The library refuses to load before this one has.
  await import('reflect-metadata')
  const x509 = await import('@peculiar/x509')
  const version = versionAt(key, number)
  const algorithm = algorithmOf(key)
  const keys = {
    privateKey: privateOf(version, 'signing').toCryptoKey(algorithm, false, ['sign']),
    publicKey: publicOf(version).toCryptoKey(algorithm, true, ['verify']),
  }
  const base = template === '' ? null : parseTemplate(() => new x509.Pkcs10CertificateRequest(template))
  const request = await x509.Pkcs10CertificateRequestGenerator.create({
    name: base?.subject ?? '',
    extensions: base?.extensions ?? [],
    keys: keys as never,
    signingAlgorithm: algorithm as never,
  }, webcrypto as never)
  return request.toString('pem')
}

function parseTemplate<T>(parse: () => T): T {
  try {
    return parse()
  } catch {
    throw invalid('could not decode PEM CSR')
  }
}

const name = text({ about: 'Name of the key.', required: true })

const csr = route({
  op: 'write',
  path: 'keys/:name/csr',
  about: 'A certificate signing request, signed by a version of the key.',
  takes: {
    name,
    version: integer({ about: 'Version that signs; default: the latest.' }),
    csr: text({ about: 'A request to take subject and extensions from, PEM.', default: '' }),
  },
  gives: { name: text({ about: 'Name of the key.' }), type: text({ about: 'Its type.' }), csr: text({ about: 'The request, PEM.' }) },
  async run(context, input) {
    const key = await needKey(context.store, input.name, `key with provided name '${input.name}' not found`)
    needSigner(key)
    return { name: key.name, type: key.type, csr: await requestFor(key, input.version || key.latest, input.csr) }
  },
})

const blocks = /-----BEGIN CERTIFICATE-----[^-]{1,65536}-----END CERTIFICATE-----/g

/** The chain, leaf first, each signed by the next. */
function parseChain(pem: string): X509Certificate[] {
  const texts = pem.match(blocks) ?? []
  if (texts.length === 0) throw invalid('could not find certificates in the chain')
  if (texts.length > 20) throw invalid('the chain has more than 20 certificates')
  let chain: X509Certificate[]
  try {
    chain = texts.map((block) => new X509Certificate(block))
  } catch {
    throw invalid('failed to parse certificate chain')
  }
  chain.forEach((certificate, at) => {
    const issuer = chain[at + 1]
    if (!issuer || (certificate.checkIssued(issuer) && certificate.verify(issuer.publicKey))) return
    throw invalid('the chain is not in order: each certificate has to be signed by the next')
  })
  return chain
}

const setCertificate = route({
  op: 'write',
  path: 'keys/:name/set-certificate',
  about: 'Keep the certificate chain of a version of the key with it.',
  takes: {
    name,
    version: integer({ about: 'Version that the leaf certifies; default: the latest.' }),
    certificate_chain: text({ about: 'Certificates in PEM, the leaf first.', required: true }),
  },
  async run(context, input) {
    const chain = parseChain(input.certificate_chain)
    await needKey(context.store, input.name, `key with provided name '${input.name}' not found`)
    await changeKey(context.store, input.name, (key) => {
      needSigner(key)
      if (chain[0]!.ca) throw invalid('expected a leaf certificate in the first place, got a CA certificate')
      const version = versionAt(key, input.version || key.latest)
      if (!chain[0]!.publicKey.equals(publicOf(version))) throw invalid('the leaf certificate is not for this version of the key')
      version.chain = chain.map((certificate) => certificate.toString().trim())
    })
  },
})

export const certificateRoutes: Route[] = [csr, setCertificate]
