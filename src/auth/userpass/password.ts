// Passwords at rest: argon2id with the parameters of OWASP's cheat sheet; bcrypt where a hash was brought along.
import { invalid } from '../../kit/errors.ts'

export const longestPassword = 4096

let decoy: Promise<string> | null = null

const argon2 = () => import('@node-rs/argon2')

/** A PHC string: `$argon2id$v=19$m=19456,t=2,p=1$…`. */
export async function hashPassword(password: string): Promise<string> {
  if (password.length > longestPassword) throw invalid(`a password has at most ${longestPassword} characters`)
  return (await argon2()).hash(password)
}

/** Refuses what is not a bcrypt or argon2id hash. */
export function checkHash(given: string): void {
  if (!/^\$2[abxy]\$\d\d\$[./A-Za-z0-9]{53}$/.test(given) && !/^\$argon2id\$v=\d+\$m=\d+,t=\d+,p=\d+\$[A-Za-z0-9+/]+\$[A-Za-z0-9+/]+$/.test(given)) throw invalid('password_hash: expected a bcrypt or an argon2id hash')
}

/** Whether the password fits; for an unknown user (null) the same work is done and the answer is false. */
export async function verifyPassword(stored: string | null, password: string): Promise<boolean> {
  const given = password.slice(0, longestPassword)
  if (stored?.startsWith('$2')) return (await import('@node-rs/bcrypt')).compare(given, stored)
  decoy ??= hashPassword('no user has this password')
  const fits = await (await argon2()).verify(stored ?? (await decoy), given)
  return fits && stored !== null && password.length <= longestPassword
}
