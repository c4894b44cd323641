// Key shares on the wire: read from hex or base64, written in both; and the PGP keys that they are encrypted to.
import { decodeHexOrBase64 } from '../crypto/encoding.ts'
import { readPgpKey, type PgpKey } from '../crypto/pgp.ts'
import { maxShares } from '../crypto/shamir.ts'
import { invalid } from '../kit/errors.ts'

/** Hands over the key share of a request and overwrites it afterwards; throws `invalid` where the text is neither hex nor base64. */
export async function withShare<T>(key: string, use: (share: Buffer) => Promise<T>): Promise<T> {
  const share = decodeHexOrBase64(key)
  if (share === null) throw invalid("'key' must be a valid hex or base64 string")
  try {
    return await use(share)
  } finally {
    share.fill(0)
  }
}

/** Hex and base64 texts of keys, as Vault gives them; the keys are overwritten. */
export function writeKeys(keys: Buffer[]): { hex: string[]; base64: string[] } {
  const texts = { hex: keys.map((key) => key.toString('hex')), base64: keys.map((key) => key.toString('base64')) }
  for (const key of keys) key.fill(0)
  return texts
}

/** The PGP keys of a request, in base64; throws `invalid` where one is none. Many can be given: each costs a parse. */
export async function readPgpKeys(keys: string[] = []): Promise<PgpKey[]> {
  if (keys.length > maxShares) throw invalid(`more than ${maxShares} PGP keys`)
  const read: PgpKey[] = []
  for (const key of keys) read.push(await readPgpKey(key).catch((error: Error) => Promise.reject(invalid(error.message))))
  return read
}

export async function readOnePgpKey(key: string | undefined): Promise<PgpKey | undefined> {
  return key ? (await readPgpKeys([key]))[0] : undefined
}
