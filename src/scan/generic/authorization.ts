// Credentials in the headers of HTTP: `Authorization: Basic …` and `Bearer …`.
import type { Candidate } from '../match/candidate.ts'
import type { Detector } from '../match/matcher.ts'
import type { Way } from '../match/sieve.ts'
import type { Text } from '../match/text.ts'
import { judge } from './judge.ts'
import { isMask, isReference, isWrapped } from './placeholder.ts'
import { randomness } from './language.ts'
import { basicAuthorization, bearerToken } from './rules.ts'

const basic = /^basic["']?[ :,+"']{1,6}([A-Za-z\d+/_-]{7,600}={0,2})(?![A-Za-z\d+/_-])/i
const bearer = /^(?:bearer|token)(?:["'] ?[+,.]? ?["']|[ :=]|%20){1,3}([A-Za-z\d\-._~+/]{12,2048}=*)/i

export class Authorizations implements Detector {
  readonly keywords = ['basic', 'bearer', 'token ']

  ways(keyword: string): Way[] {
    const digits = Uint8Array.from({ length: 256 }, (_, byte) => (/[A-Za-z\d\-._~+/]/.test(String.fromCharCode(byte)) ? 1 : 0))
    return [{ from: 0, to: 28, steps: [{ set: digits, least: keyword === 'basic' ? 7 : 12, most: 28 }] }]
  }

  hit(text: Text, start: number, _end: number, _place: unknown, found: (candidate: Candidate) => void): void {
    const head = text.bytes.toString('latin1', start, Math.min(text.length, start + 24))
    const isBasic = (text.bytes[start]! | 32) === 98 && (text.bytes[start + 1]! | 32) === 97
    if (isBasic ? !/^basic["']?[ :,+"']{1,6}[A-Za-z\d+/_-]{4}/i.test(head) : !/^(?:bearer|token)(?:["'] ?[+,.]? ?["']|[ :=]|%20){1,3}[A-Za-z\d\-._~+/]{4}/i.test(head)) return
    const line = text.bytes.toString('latin1', start, Math.min(text.length, start + 2100))
    const match = (isBasic ? basic : bearer).exec(line)
    if (match === null) return
    const secret = match[1]!
    if (isBasic ? !isUserAndPassword(secret) : judge(secret, 'secret', 'bearer', randomness(secret) < 24) === null) return
    const from = start + match[0].length - secret.length
    found({
      rule: isBasic ? basicAuthorization : bearerToken,
      secret, start: from, end: from + secret.length, matchStart: start, matchEnd: from + secret.length, confidence: 'medium',
    })
  }
}

/** Whether the text is the Base64 of `user:password` with a password that is no placeholder. */
function isUserAndPassword(encoded: string): boolean {
  const text = Buffer.from(encoded, 'base64').toString('latin1')
  const colon = text.indexOf(':')
  if (colon < 0 || !/^[\x20-\x7e]+$/.test(text) || /^[a-z]+$/.test(encoded)) return false
  const password = text.slice(colon + 1)
  if (password === '') return colon >= 8 && randomness(text.slice(0, colon)) > 8
  return !isReference(password) && !isWrapped(password) && !isMask(password) && (randomness(password) >= 4 || randomness(text) >= 12)
}
