// Passwords at rest: argon2id with the parameters of OWASP's cheat sheet. A hash that was brought along (bcrypt, or argon2id
// with other parameters) is replaced at its first login. Until then every login of the mount does the work of each kind of
// hash that is there, whoever it is for: how long it takes tells nothing of the user.
import { invalid } from '../../kit/errors.ts'

export const longestPassword = 4096
/** Bounds of what one login may cost. */
const mostBrought = 4
const mostRounds = 15
const mostWork = { m: 262_144, t: 8, p: 8 }

const argon2 = () => import('@node-rs/argon2')
const bcrypt = () => import('@node-rs/bcrypt')

/** Algorithm and parameters, as a hash begins: two hashes of a kind cost the same to verify. */
export type HashKind = string

export const ownKind: HashKind = '$argon2id$v=19$m=19456,t=2,p=1'

/** Of each kind that was brought along, how many users have one. */
export type Brought = Readonly<Record<HashKind, number>>

/** A PHC string: `$argon2id$v=19$m=19456,t=2,p=1$…`. */
export async function hashPassword(password: string): Promise<string> {
  if (password.length > longestPassword) throw invalid(`a password has at most ${longestPassword} characters`)
  return (await argon2()).hash(password)
}

const bcryptPattern = /^\$2[abxy]\$(\d\d)\$[./A-Za-z0-9]{53}$/
const argon2Pattern = /^(\$argon2id\$v=19\$m=(\d{1,9}),t=(\d{1,9}),p=(\d{1,9}))\$[A-Za-z0-9+/]+\$[A-Za-z0-9+/]+$/

export function kindOf(hash: string): HashKind {
  const rounds = bcryptPattern.exec(hash)?.[1]
  return rounds === undefined ? (argon2Pattern.exec(hash)?.[1] ?? '') : `$2$${rounds}`
}

/** Refuses what is not a bcrypt or argon2id hash, or would cost too much to verify. */
export function checkHash(given: string): void {
  const rounds = bcryptPattern.exec(given)?.[1]
  const [, , m, t, p] = argon2Pattern.exec(given) ?? []
  if (rounds === undefined && m === undefined) throw invalid('password_hash: expected a bcrypt or an argon2id hash')
  if (Number(rounds ?? 0) > mostRounds) throw invalid(`password_hash: a cost above ${mostRounds} is not taken`)
  if (Number(m ?? 0) > mostWork.m || Number(t ?? 0) > mostWork.t || Number(p ?? 0) > mostWork.p) throw invalid('password_hash: parameters beyond m=262144, t=8, p=8 are not taken')
}

/** The tally after a user's hash `former` was replaced by `next`; null stands for no user. */
export function tally(brought: Brought, former: string | null, next: string | null): Brought {
  const counts = new Map(Object.entries(brought))
  const add = (hash: string | null, by: number): void => {
    const kind = hash === null ? ownKind : kindOf(hash)
    if (kind === ownKind) return
    const count = (counts.get(kind) ?? 0) + by
    if (count > 0) counts.set(kind, count)
    else counts.delete(kind)
  }
  add(former, -1)
  add(next, 1)
  if (counts.size > mostBrought) throw invalid(`password_hash: hashes of more than ${mostBrought} kinds (algorithm and parameters) wait for their first login`)
  return Object.fromEntries(counts)
}

/** Whether the password fits; the same work is done for an unknown user (null) and for every other. */
export async function verifyPassword(stored: string | null, password: string, brought: Brought = {}): Promise<boolean> {
  const given = password.slice(0, longestPassword)
  const own = stored === null ? null : kindOf(stored)
  let fits = false
  for (const kind of new Set([ownKind, ...Object.keys(brought), own ?? ownKind])) {
    const found = await verify(kind === own ? stored! : await decoyOf(kind), given)
    if (kind === own) fits = found
  }
  return fits && password.length <= longestPassword
}

const verify = async (hash: string, password: string): Promise<boolean> =>
  hash.startsWith('$2') ? (await bcrypt()).compare(password, hash) : (await argon2()).verify(hash, password)

const decoys = new Map<HashKind, Promise<string>>()

/** A hash of the kind that is nobody's. */
function decoyOf(kind: HashKind): Promise<string> {
  if (decoys.size > 4 * mostBrought) decoys.clear()
  const ready = decoys.get(kind) ?? makeDecoy(kind)
  decoys.set(kind, ready)
  return ready
}

async function makeDecoy(kind: HashKind): Promise<string> {
  const nobodys = 'no user has this password'
  if (kind.startsWith('$2$')) return (await bcrypt()).hash(nobodys, Number(kind.slice(3)))
  const [, m, t, p] = /m=(\d+),t=(\d+),p=(\d+)$/.exec(kind) ?? []
  return (await argon2()).hash(nobodys, { memoryCost: Number(m), timeCost: Number(t), parallelism: Number(p) })
}
