// Which texts of a payload are worth knowing elsewhere: not its user names, hosts and ports, but the passwords within its
// addresses, and each line of what has several.
import { isObject } from '../../kit/field.ts'
import { digitsOf } from '../../kit/json.ts'

export interface SecretText {
  /** Names down to the value, joined by dots. */
  field: string
  value: string
}

/** Shorter texts stand everywhere. */
const shortest = 8
const deepest = 16
const most = 1000

/** Fields that say where and who, not what lets in. */
const open = /^(?:(?:user|client|account|project|tenant|key|role|app|org|db|database|schema|service|bucket|cluster|group|policy|host|server|display|common|cert|full|first|last)?_?name|user|username|login|e?mail|email_?address|host|hostname|server|address|domain|endpoint|port|region|zone|location|database|dbname|schema|bucket|driver|dialect|engine|protocol|scheme|sslmode|type|kind|format|algorithm|alg|version|description|comment|notes?|title|owner|team|environment|env|stage|tags?|issuer|audience|auth_?uri|token_?uri|[a-z]*_?ur[il]|created_?at|updated_?at|expires?(?:_?at)?|ttl|(?:client|account|project|tenant|subscription|org|app|key|role|private_?key)_?id|arn|role_?arn|universe_?domain)$/i
const publicBlock = /^-----BEGIN (?:CERTIFICATE|PUBLIC KEY|RSA PUBLIC KEY|SSH2 PUBLIC KEY|CERTIFICATE REQUEST|PGP PUBLIC KEY BLOCK|X509 CRL)-----|^(?:ssh-(?:rsa|ed25519)|ecdsa-sha2-\S+) AAAA/
const userinfo = /^[a-z][a-z\d+.-]{1,30}:\/\/[^\s:@/]{0,256}:([^\s/@]{1,512})@/i

/** The texts of a payload that nobody else should hold. */
export function* secretTexts(payload: Record<string, unknown>): Generator<SecretText> {
  let left = most
  for (const { field, value } of leaves(payload, '', 0)) {
    for (const text of textsOf(field, value.trim())) {
      if (text.length < shortest) continue
      if (left-- === 0) return
      yield { field, value: text }
    }
  }
}

function* leaves(value: unknown, field: string, depth: number): Generator<SecretText> {
  if (typeof value === 'string') yield { field, value }
  else if (typeof value === 'number' || digitsOf(value) !== undefined) yield { field, value: digitsOf(value) ?? String(value) }
  else if (depth < deepest && (Array.isArray(value) || isObject(value))) {
    for (const [name, inner] of Object.entries(value)) yield* leaves(inner, Array.isArray(value) ? field : field === '' ? name : `${field}.${name}`, depth + 1)
  }
}

function* textsOf(field: string, value: string): Generator<string> {
  const password = userinfo.exec(value)?.[1]
  if (password !== undefined) yield decoded(password)
  if (publicBlock.test(value) || (password === undefined && open.test(field.slice(field.lastIndexOf('.') + 1)))) return
  yield value
  if (!value.includes('\n')) return
  // Whoever copies it may indent it: its longest line is told by itself.
  const longest = value.split('\n').map((line) => line.trim()).reduce((one, other) => (other.length > one.length ? other : one))
  if (longest.length >= shortest * 2) yield longest
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
