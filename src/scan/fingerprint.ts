// A name for a secret that does not give it away: baselines and allow lists hold it, so that it must be the same
// wherever the secret moves, whatever rule finds it, and however history is rewritten.

/** Separates our digests from others of the same secret; a project's own key replaces it where digests of weak secrets must not be guessed. */
const publicKey = 'strongroom/scan/fingerprint/1'
const digits = 32
/** Loaded with the first finding: it takes longer than many a scan. */
const crypto = (): typeof import('node:crypto') => process.getBuiltinModule('node:crypto')

/** 32 hex digits of HMAC-SHA-256 over the secret without the white space round and inside its lines. */
export function fingerprint(secret: string, key: string | Uint8Array = publicKey): string {
  const plain = secret.split(/\\n|\n/).map((line) => line.trim()).join('\n').trim()
  return crypto().createHmac('sha256', key).update(plain).digest('hex').slice(0, digits)
}
