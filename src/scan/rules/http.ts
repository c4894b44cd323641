// What travels in headers and cookies: tokens that describe themselves, Basic and Bearer credentials; hashes of passwords.
import type { Rule } from '../rule.ts'
import { jwtHeader } from './checksum.ts'
import { joined } from './shape.ts'

const jws = 'https://datatracker.ietf.org/doc/html/rfc7519'
const crypt = 'https://man7.org/linux/man-pages/man5/crypt.5.html'
const part = (object: object) => Buffer.from(JSON.stringify(object)).toString('base64url')
const hash = (text: string, length: number) => text.repeat(Math.ceil(length / text.length)).slice(0, length)

export const http: Rule[] = [
  {
    id: 'jwt',
    about: 'JSON Web Token',
    source: jws,
    keywords: ['eyj', 'eyaid', 'ewog', 'ey'.concat('a')],
    pattern: /(?<![A-Za-z0-9_-])(?<secret>e[wy][A-Za-z0-9_-]{12,1200}\.e[wy][A-Za-z0-9_-]{10,4000}\.[A-Za-z0-9_-]{16,1200})(?![A-Za-z0-9_-])/,
    check: token => jwtHeader(token) !== null && jwtHeader(token)?.alg !== 'none',
    window: 4096,
    confidence: 'medium',
    hits: [`${part({ alg: 'HS256', typ: 'JWT' })}.${part({ sub: '1', iat: 1 })}.${hash('aB3dE6gHiJ9', 43)}`],
    misses: [`${part({ typ: 'JWT', x: 'abc' })}.${part({ sub: '1', iat: 1 })}.${hash('aB3dE6gHiJ9', 43)}`, 'eyJhbGciOi.eyJ.x'],
  },
  {
    id: 'jwt-encrypted',
    about: 'JSON Web Token, encrypted',
    source: 'https://datatracker.ietf.org/doc/html/rfc7516',
    keywords: ['eyj'],
    pattern: joined(
      /(?<![A-Za-z0-9_-])/,
      /(?<secret>ey[A-Za-z0-9_-]{16,1200}\.[A-Za-z0-9_-]{0,800}\.[A-Za-z0-9_-]{10,64}\.[A-Za-z0-9_-]{10,4000}\.[A-Za-z0-9_-]{16,90})/,
      /(?![A-Za-z0-9_-])/,
    ),
    check: token => jwtHeader(token) !== null,
    window: 4096,
    confidence: 'low',
    hits: [`${part({ alg: 'dir', enc: 'A256GCM' })}..${hash('aB3dE6gHiJ9', 16)}.${hash('kL4mN7oP', 40)}.${hash('qR2sT5uV', 22)}`],
    misses: ['eyJhbGciOi.a.b.c.d'],
  },
  {
    id: 'session-cookie',
    about: 'Session cookie',
    source: 'https://datatracker.ietf.org/doc/html/rfc6265',
    keywords: ['jsessionid', 'phpsessid', 'connect.sid', 'asp.net_sessionid', 'sessionid='],
    pattern: joined(
      /(?:JSESSIONID|PHPSESSID|ASP\.NET_SessionId|connect\.sid|(?<![A-Za-z])sessionid)=/,
      /(?<secret>[A-Za-z0-9%._-]{20,200})(?=[;"'\s]|$)/,
    ),
    check: text => /\d/.test(text) && /[A-Za-z]/.test(text),
    entropy: 3,
    confidence: 'low',
    hits: [`Cookie: JSESSIONID=${hash('0A1B2C3D4E5F', 32)}; path=/`],
    misses: ['Cookie: JSESSIONID=deleted'],
  },
  ...([
    ['password-hash-md5', 'Hash of a password (MD5 crypt)', '\\$(?:1|apr1)\\$[./A-Za-z0-9]{1,8}\\$[./A-Za-z0-9]{22}', ['$1$', '$apr1$'],
      `$1$abcdefgh$${hash('aB3dE6gHiJ9', 22)}`],
    ['password-hash-bcrypt', 'Hash of a password (bcrypt)', '\\$2[abxy]?\\$[0-3][0-9]\\$[./A-Za-z0-9]{53}', ['$2a$', '$2b$', '$2x$',
      '$2y$', '$2$'], `$2b$12$${hash('aB3dE6gHiJ9', 53)}`],
    ['password-hash-sha256', 'Hash of a password (SHA-256 crypt)',
      '\\$5\\$(?:rounds=[0-9]{4,9}\\$)?[./A-Za-z0-9]{1,16}\\$[./A-Za-z0-9]{43}', ['$5$'], `$5$abcdefgh$${hash('aB3dE6gHiJ9', 43)}`],
    ['password-hash-sha512', 'Hash of a password (SHA-512 crypt)',
      '\\$6\\$(?:rounds=[0-9]{4,9}\\$)?[./A-Za-z0-9]{1,16}\\$[./A-Za-z0-9]{86}', ['$6$'], `$6$abcdefgh$${hash('aB3dE6gHiJ9', 86)}`],
    ['password-hash-yescrypt', 'Hash of a password (yescrypt or scrypt)',
      '\\$(?:y|7|gy)\\$[./A-Za-z0-9]{3,12}\\$[./A-Za-z0-9]{1,86}\\$[./A-Za-z0-9]{43}', ['$y$', '$7$', '$gy$'],
      `$y$j9T$abcdefgh$${hash('aB3dE6gHiJ9', 43)}`],
    ['password-hash-argon2', 'Hash of a password (Argon2)',
      '\\$argon2(?:id|i|d)\\$v=[0-9]{1,3}\\$m=[0-9]{1,9},t=[0-9]{1,4},p=[0-9]{1,3}\\$[A-Za-z0-9+/]{8,86}\\$[A-Za-z0-9+/]{16,172}',
      ['$argon2'], `$argon2id$v=19$m=65536,t=3,p=4$${hash('aB3dE6gHiJ9', 22)}$${hash('kL4mN7oP', 43)}`],
    ['password-hash-cisco', 'Hash of a password (Cisco type 8 or 9)', '\\$[89]\\$[./A-Za-z0-9]{14}\\$[./A-Za-z0-9]{43}', ['$8$', '$9$'],
      `$8$${hash('aB3dE6gHiJ9', 14)}$${hash('kL4mN7oP', 43)}`],
    ['password-hash-pbkdf2', 'Hash of a password (PBKDF2)',
      'pbkdf2(?:_|:)sha(?:1|256|512)\\$[0-9]{3,8}\\$[A-Za-z0-9+/_-]{6,40}\\$[A-Za-z0-9+/]{20,90}={0,2}', ['pbkdf2'],
      `pbkdf2_sha256$600000$abcdefghij$${hash('aB3dE6gHiJ9', 43)}=`],
  ] as const).map(([id, about, shape, keywords, hit]): Rule => ({
    id,
    about,
    source: crypt,
    keywords: keywords.filter(word => word.length > 2),
    pattern: new RegExp(`(?<![A-Za-z0-9./$])(?<secret>${shape})(?![./A-Za-z0-9])`),
    confidence: 'low',
    hits: [`password: ${hit}`],
    misses: [`password: ${hit.slice(0, 12)}`],
  })),
]
