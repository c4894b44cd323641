// What an account logs in with: a generated password, or an RSA key pair.
import { generateKeyPair, randomInt } from 'node:crypto'
import { promisify } from 'node:util'
import { Fault, invalid } from '../../kit/errors.ts'
import type { Context } from '../../kit/route.ts'

const generatePair = promisify(generateKeyPair)

export const credentialTypes = ['password', 'rsa_private_key'] as const
export type CredentialType = (typeof credentialTypes)[number]

export interface Credential {
  /** The password, or the private key in PEM: what the client gets and is stored for static roles. */
  secret: string
  /** What the database gets. */
  login: { password: string } | { public_key: string }
}

const alphabets = ['ABCDEFGHIJKLMNOPQRSTUVWXYZ', 'abcdefghijklmnopqrstuvwxyz', '0123456789', '-'] as const
const every = alphabets.join('')
const pick = (alphabet: string): string => alphabet[randomInt(alphabet.length)]!

/** 20 characters with at least one of each kind: 119 bits. */
export function generatePassword(): string {
  for (;;) {
    const text = Array.from({ length: 20 }, () => pick(every)).join('')
    const complete = alphabets.every((alphabet) => [...text].some((character) => alphabet.includes(character)))
    if (complete && !text.startsWith('-')) return text
  }
}

/** A password by the named policy, or of the default form where there is none. */
export async function passwordFor(context: Context, policy: string): Promise<string> {
  if (policy === '') return generatePassword()
  if (context.password) return context.password(policy)
  const reply = await context.ask('read', `sys/policies/password/${policy}/generate`)
  const password = reply.parts.data?.password
  if (typeof password !== 'string' || password === '') throw new Fault('internal', 'the password policy gave no password')
  return password
}

const formats = ['pkcs8'] as const
const sizes = [2048, 3072, 4096]

/** Refuses settings that no credential can be made with. */
export function checkCredentialConfig(type: CredentialType, config: Record<string, string>): void {
  const known = type === 'password' ? ['password_policy'] : ['key_bits', 'format']
  const odd = Object.keys(config).find((name) => !known.includes(name))
  if (odd) throw invalid(`credential_config validation failed: unknown setting ${odd}`)
  if (config.key_bits && !sizes.includes(Number(config.key_bits))) {
    throw invalid(`credential_config validation failed: key_bits is one of ${sizes.join(', ')}`)
  }
  if (config.format && !formats.includes(config.format as 'pkcs8')) throw invalid('credential_config validation failed: format is pkcs8')
}

export interface CredentialWish {
  type: CredentialType
  config: Record<string, string>
}

/** `policy`: the connection's password policy, used where the role names none. */
export async function makeCredential(context: Context, wish: CredentialWish, policy: string): Promise<Credential> {
  if (wish.type === 'password') {
    const password = await passwordFor(context, wish.config.password_policy ?? policy)
    return { secret: password, login: { password } }
  }
  const { publicKey, privateKey } = await generatePair('rsa', { modulusLength: Number(wish.config.key_bits ?? 2048) })
  return {
    secret: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    login: { public_key: publicKey.export({ type: 'spki', format: 'pem' }).toString() },
  }
}
