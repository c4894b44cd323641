// Key shares on the wire: read from hex or base64, written in both.
import { decodeHexOrBase64 } from '../crypto/encoding.ts'
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

/** Refused in words rather than ignored: who asks for PGP relies on it. */
export function refusePgp(...keys: (string | string[] | undefined)[]): void {
  if (keys.some((key) => key !== undefined && key.length > 0)) throw invalid('encrypting keys with PGP is not supported')
}
