// Passwords in URIs: `scheme://user:password@host`.
import type { Candidate } from '../match/candidate.ts'
import type { Detector } from '../match/matcher.ts'
import type { Way } from '../match/sieve.ts'
import type { Text } from '../match/text.ts'
import { holdsExampleWord, isMask, isReference, isWrapped } from './placeholder.ts'
import { randomness } from './language.ts'
import { uriCredentials } from './rules.ts'

const limit = 320
const userinfo = /^([^\s:@/"'`<>\\|,;]{0,96}):([^\s/"'`<>\\|]{1,256}?)@([\w.[\]${}\-%*()~]{1,200})/
const scheme = /[a-z][a-z\d+.-]{0,30}$/i
const plain = /^(?:pass(?:w(?:or)?d|code|phrase)?|pwd?|pw|secret|token|user(?:name)?|admin|root|test|guest|postgres|mysql|mongo|redis|rabbit|default|login|none|null|x|y|password\d?|1234?5?6?|changeme|example|abc|foo|bar)$/i

const setOf = (holds: (byte: number) => boolean): Uint8Array => Uint8Array.from({ length: 256 }, (_, byte) => (holds(byte) ? 1 : 0))
const signs = setOf((byte) => byte === 64)
const colons = setOf((byte) => byte === 58)
const secret = setOf((byte) => byte > 32 && !'"\'/<>@`'.includes(String.fromCharCode(byte)))
const user = setOf((byte) => secret[byte] === 1 && byte !== 58)

export class Uris implements Detector {
  readonly keywords = ['://']

  ways(): Way[] {
    return [{ from: 0, steps: [{ set: user, least: 0, most: limit }, { set: colons, least: 1, most: 1 }, { set: secret, least: 0, most: limit }, { set: signs, least: 1, most: 1 }] }]
  }

  hit(text: Text, _start: number, end: number, _place: unknown, found: (candidate: Candidate) => void): void {
    const { bytes, length } = text
    const ceiling = Math.min(length, end + limit)
    let at = end
    let colon = 0
    for (; at < ceiling; at++) {
      const byte = bytes[at]!
      if (byte === 64) break
      if (byte === 58) colon = at
      else if (!secret[byte]) return
    }
    if (at === ceiling || colon === 0) return
    const match = userinfo.exec(bytes.toString('latin1', end, Math.min(length, at + 220)))
    if (match === null) return
    const [whole, user, password, host] = match as unknown as [string, string, string, string]
    if (!believed(user, password, host)) return
    const before = bytes.toString('latin1', Math.max(0, end - 34), end - 3)
    const from = end - 3 - (scheme.exec(before)?.[0].length ?? 0)
    const start = end + user.length + 1
    found({
      rule: uriCredentials, secret: password, start, end: start + password.length, matchStart: from, matchEnd: end + whole.length,
      confidence: randomness(password) > 12 ? 'high' : 'medium',
    })
  }
}

function believed(user: string, password: string, host: string): boolean {
  if (isReference(password) || isWrapped(password) || isMask(password) || plain.test(password) || /^[$%{<*]/.test(password)) return false
  if (password.toLowerCase() === user.toLowerCase() || /^\d{1,5}$/.test(password)) return false
  if (/^(?:host|hostname|example\.com|server)$/i.test(host) && randomness(password) < 8) return false
  if (holdsExampleWord(password) && randomness(password) < 24) return false
  return randomness(password) >= 3 || (/\d/.test(password) && /[A-Za-z]/.test(password) && password.length >= 6)
}
