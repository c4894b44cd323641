// Key shares on the wire: read from hex or base64, written in both.
import { decodeHexOrBase64 } from '../crypto/encoding.ts'
import { invalid } from '../kit/errors.ts'

/** A key share of a request; throws `invalid` where the text is neither hex nor base64. */
export function readShare(key: string): Buffer {
  const share = decodeHexOrBase64(key)
  if (share === null) throw invalid("'key' must be a valid hex or base64 string")
  return share
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
