// Certificates for a server that is only tried out: a certificate authority and a leaf for loopback names.
import { mkdtempSync, writeFileSync } from 'node:fs'
import { webcrypto } from 'node:crypto'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' }
const days = 30

/** Writes `ca.pem`, `cert.pem` and `key.pem` (0600) into `folder`, or a new temporary one; returns their paths. */
export async function makeCertificates(folder = mkdtempSync(join(tmpdir(), 'strongroom-tls-'))): Promise<{ ca: string; cert: string; key: string }> {
  await import('reflect-metadata')
  const x509 = await import('@peculiar/x509')
  const crypto = webcrypto
  x509.cryptoProvider.set(crypto as unknown as Parameters<typeof x509.cryptoProvider.set>[0])
  const validity = { notBefore: new Date(Date.now() - 60_000), notAfter: new Date(Date.now() + days * 86_400_000) }
  const authority = await crypto.subtle.generateKey(algorithm, true, ['sign', 'verify'])
  const leaf = await crypto.subtle.generateKey(algorithm, true, ['sign', 'verify'])
  const ca = await x509.X509CertificateGenerator.createSelfSigned({ ...validity, name: 'CN=Strongroom development CA', keys: authority, signingAlgorithm: algorithm, extensions: [new x509.BasicConstraintsExtension(true, 0, true)] })
  const names = [{ type: 'dns' as const, value: 'localhost' }, { type: 'ip' as const, value: '127.0.0.1' }, { type: 'ip' as const, value: '::1' }]
  const cert = await x509.X509CertificateGenerator.create({
    ...validity,
    subject: 'CN=localhost',
    issuer: ca.subject,
    publicKey: leaf.publicKey,
    signingKey: authority.privateKey,
    signingAlgorithm: algorithm,
    extensions: [new x509.SubjectAlternativeNameExtension(names), new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth])],
  })
  const pkcs8 = Buffer.from(await crypto.subtle.exportKey('pkcs8', leaf.privateKey))
  const paths = { ca: join(folder, 'ca.pem'), cert: join(folder, 'cert.pem'), key: join(folder, 'key.pem') }
  writeFileSync(paths.ca, ca.toString('pem'))
  writeFileSync(paths.cert, `${cert.toString('pem')}\n${ca.toString('pem')}`)
  writeFileSync(paths.key, x509.PemConverter.encode(pkcs8, 'PRIVATE KEY'), { mode: 0o600 })
  pkcs8.fill(0)
  return paths
}
