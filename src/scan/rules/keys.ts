// Private keys in the forms that files hold: PEM (each kind apart, encrypted ones too), OpenPGP, PuTTY, JWK, WireGuard, age.
import type { Rule } from '../rule.ts'
import { joined } from './shape.ts'

const pem = 'https://datatracker.ietf.org/doc/html/rfc7468'
/** Line ends and whatever source code writes between the lines of a key: quotes, commas, plus signs, escapes, comment marks. */
const body = String.raw`(?:[A-Za-z0-9+/=]|[\s"',;:#*|>-]|\\[nrt\\"]|\\u000a){0,40000}?`

interface Kind {
  id: string
  about: string
  /** What stands between `BEGIN` and `KEY`. */
  label: string
  confidence?: 'high' | 'low'
  source?: string
}

const kinds: Kind[] = [
  { id: 'private-key-rsa', about: 'RSA private key', label: 'RSA PRIVATE KEY' },
  { id: 'private-key-ec', about: 'Elliptic curve private key', label: 'EC PRIVATE KEY' },
  { id: 'private-key-dsa', about: 'DSA private key', label: 'DSA PRIVATE KEY' },
  { id: 'private-key-pkcs8', about: 'Private key (PKCS #8)', label: 'PRIVATE KEY' },
  { id: 'private-key-openssh', about: 'OpenSSH private key', label: 'OPENSSH PRIVATE KEY',
    source: 'https://github.com/openssh/openssh-portable/blob/master/PROTOCOL.key' },
  { id: 'private-key-ssh2', about: 'SSH2 private key', label: 'SSH2 ENCRYPTED PRIVATE KEY',
    source: 'https://datatracker.ietf.org/doc/html/rfc4716' },
  { id: 'private-key-any', about: 'Private key', label: '(?:ANY|PGP|TSS2|X509|X25519|ED25519|[A-Z0-9]{2,12}) PRIVATE KEY' },
  { id: 'private-key-encrypted', about: 'Private key, encrypted (PKCS #8)', label: 'ENCRYPTED PRIVATE KEY', confidence: 'low' },
]

/** At least sixty characters of base64 that are not one character over and over. */
function hasBody(key: string): boolean {
  const text = key.replace(/-----[A-Z0-9 ]{1,60}-----/g, '').replace(/\\[nrt]/g, '').replace(/[^A-Za-z0-9+/]/g, '')
  return text.length >= 40 && new Set(text).size >= 12
}

const isEncrypted = (key: string) =>
  /Proc-Type: 4,ENCRYPTED/.test(key) || (key.includes('OPENSSH') && /b3BlbnNzaC1rZXktdjEAAAAACmFlczI1Ni/.test(key))

const sampleBody = 'MIIEaB3dE6gHiJ9kLmNoPqRsTuVwXyZ0123456789+/aBcDeFgHiJkLmNoPqRstUv\n'.repeat(3)
const write = (label: string, text = sampleBody) => `-----${'BEGIN'} ${label}-----\n${text}-----${'END'} ${label}-----`

function pemRule(kind: Kind): Rule {
  const label = kind.label.replace(/^\(.*\)/, 'X25519')
  const known = kinds.filter(each => !each.label.startsWith('(')).map(each => each.label).join('|')
  const guard = kind.label.startsWith('(') ? `(?!(?:${known})-)` : ''
  return {
    id: kind.id,
    about: kind.about,
    source: kind.source ?? pem,
    keywords: ['private key-----', 'private key'],
    pattern: new RegExp(`(?<secret>-----BEGIN ${guard}${kind.label}-----${body}(?:-----END [A-Z0-9 ]{3,40}-----|(?=$|[^A-Za-z0-9+/=\\s"'+,;:#*|>\\\\-])))`),
    check: key => hasBody(key) && !isEncrypted(key),
    window: 8192,
    confidence: kind.confidence ?? 'high',
    hits: [write(label), `KEY="${write(label).replaceAll('\n', '\\n')}"`,
      ...write(label).split('\n').length > 3 ? [`x = '${write(label).split('\n').join("\\n' +\n  '")}'`] : []],
    misses: [`-----BEGIN ${label}-----\n...\n-----END ${label}-----`, `-----BEGIN ${label}-----`],
  }
}

export const keys: Rule[] = [
  ...kinds.map(pemRule),
  {
    id: 'private-key-encrypted-legacy',
    about: 'Private key, encrypted with a passphrase',
    source: 'https://datatracker.ietf.org/doc/html/rfc1421',
    keywords: ['proc-type: 4,encrypted'],
    pattern: new RegExp(`(?<secret>-----BEGIN (?:RSA |EC |DSA )?PRIVATE KEY-----(?:\\s|\\\\[nr]){1,4}Proc-Type: 4,ENCRYPTED${body}-----END [A-Z ]{3,40}-----)`),
    window: 8192,
    confidence: 'low',
    hits: [write('RSA PRIVATE KEY', `Proc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,0123456789ABCDEF\n\n${sampleBody}`)],
    misses: [write('RSA PRIVATE KEY')],
  },
  {
    id: 'private-key-openssh-encrypted',
    about: 'OpenSSH private key, encrypted with a passphrase',
    source: 'https://github.com/openssh/openssh-portable/blob/master/PROTOCOL.key',
    keywords: ['b3blbnnzac1rzxktdjeaaaaacmflczi1ni'],
    pattern: /(?<secret>b3BlbnNzaC1rZXktdjEAAAAACmFlczI1Ni[A-Za-z0-9+/]{10,80})/,
    window: 512,
    confidence: 'low',
    hits: [`b3BlbnNzaC1rZXktdjEAAAAACmFlczI1NiY3RyAAAABmJjcnlwdAAAABgAAAAQ`],
    misses: ['b3BlbnNzaC1rZXktdjEAAAAABG5vbmUAAAAEbm9uZQ'],
  },
  {
    id: 'private-key-pgp',
    about: 'OpenPGP private key',
    source: 'https://datatracker.ietf.org/doc/html/rfc9580',
    keywords: ['pgp private key block'],
    pattern: new RegExp(`(?<secret>-----BEGIN PGP PRIVATE KEY BLOCK-----(?:${body.slice(3, -11)}|[.()@ ]){20,40000}?(?:-----END PGP PRIVATE KEY BLOCK-----|(?=$)))`),
    check: hasBody,
    window: 16384,
    confidence: 'high',
    hits: [write('PGP PRIVATE KEY BLOCK', `Version: GnuPG v2\n\n${sampleBody}`)],
    misses: ['-----BEGIN PGP PRIVATE KEY BLOCK-----\n'],
  },
  {
    id: 'private-key-base64',
    about: 'Private key, PEM encoded once more in base64',
    source: pem,
    keywords: ['ls0tls1crudjtib', 'ls0tls1crudjtibq', 'ls0tls1crudjtibsu'],
    pattern: /(?<secret>LS0tLS1CRUdJTi(?:BSU0EgUFJJVkFURSBLRVk|BQUklWQVRFIEtFW|BFQyBQUklWQVRFIEtFW|BPUEVOU1NIIFBSSVZBVEUgS0VZ|BEU0EgUFJJVkFURSBLRVk|BFTkNSWVBURUQgUFJJVkFURSBLRV)[A-Za-z0-9+/=]{40,20000})/,
    window: 8192,
    confidence: 'high',
    hits: [`key: ${Buffer.from(write('RSA PRIVATE KEY')).toString('base64')}`],
    misses: [`key: ${Buffer.from('-----BEGIN CERTIFICATE-----\n').toString('base64')}`],
  },
  {
    id: 'private-key-putty',
    about: 'PuTTY private key',
    source: 'https://tartarus.org/~simon/putty-snapshots/htmldoc/AppendixC.html',
    keywords: ['putty-user-key-file-'],
    pattern: /PuTTY-User-Key-File-[23]: (?:[^\n]{0,200}\n){1,60}?Private-Lines: \d{1,3}\r?\n(?<secret>(?:[A-Za-z0-9+/=]{1,80}\r?\n?){1,60})/,
    window: 8192,
    confidence: 'high',
    hits: [`PuTTY-User-Key-File-2: ssh-rsa\nEncryption: none\nComment: me\nPublic-Lines: 1\nAAAA\nPrivate-Lines: 1\n${'aB3dE6gH'.repeat(8)}\n`],
    misses: ['PuTTY-User-Key-File-2: ssh-rsa\n'],
  },
  {
    id: 'private-key-jwk',
    about: 'Private JSON Web Key',
    source: 'https://datatracker.ietf.org/doc/html/rfc7517',
    keywords: ['"kty"'],
    pattern: joined(
      /"kty"(?=[^{}]{0,4000}?"d"\s{0,4}:)[^{}]{0,4000}?"d"\s{0,4}:\s{0,4}"(?<secret>[A-Za-z0-9_-]{40,1500})"|"d"\s{0,4}/,
      /:\s{0,4}"[A-Za-z0-9_-]{40,1500}"[^{}]{0,4000}?"kty"/,
    ),
    window: 4096,
    confidence: 'high',
    hits: [`{"kty": "OKP", "crv": "Ed25519", "d": "${'aB3dE6gHiJ9'.repeat(4)}", "x": "abc"}`],
    misses: ['{"kty": "RSA", "n": "abc", "e": "AQAB"}'],
  },
  {
    id: 'wireguard-key',
    about: 'WireGuard private or preshared key',
    source: 'https://www.wireguard.com/quickstart/',
    keywords: ['privatekey', 'presharedkey', 'private_key', 'preshared_key'],
    pattern: joined(
      /(?<![A-Za-z])(?:Private|Preshared|PreShared)_?Key["']?\s{0,4}[=:]\s{0,4}["']?/i,
      /(?<secret>[A-Za-z0-9+/]{42}[AEIMQUYcgkosw048x]=)(?![A-Za-z0-9+/=])/i,
    ),
    entropy: 3.5,
    confidence: 'high',
    hits: [`[Interface]\nPrivateKey = ${'aB3dE6gHiJ9'.repeat(4).slice(0, 42)}8=`],
    misses: ['PrivateKey = <your key>', `PublicKey = ${'aB3dE6gHiJ9'.repeat(4).slice(0, 42)}8=`],
  },
]
