// Public PGP keys (RFC 9580) that shares and root tokens are encrypted to. The library is loaded with the first key.

/** Room for some photographs and a hundred signatures. */
const maxText = 512 * 1024

/** A public key that can encrypt. */
export interface PgpKey {
  /** Of the primary key, in lower-case hex. */
  fingerprint: string
  /** An OpenPGP message in binary form. */
  encrypt(plain: Uint8Array): Promise<Buffer>
}

/** Reads one key, as `gpg --export NAME | base64` writes it; throws an Error in words where the text is none, or a key that cannot encrypt. */
export async function readPgpKey(base64: string): Promise<PgpKey> {
  if (base64.length > maxText) throw new Error('error decoding given PGP key: it is too long')
  if (!/^[A-Za-z0-9+/\s]+={0,2}\s*$/.test(base64)) throw new Error('error decoding given PGP key: not base64')
  const { createMessage, encrypt, enums, readKeys } = await import('openpgp')
  const refuse = (why: string): never => {
    throw new Error(`error parsing given PGP key: ${why}`)
  }
  const keys = await readKeys({ binaryKeys: Buffer.from(base64, 'base64') }).catch((error: Error) => refuse(error.message))
  const key = keys.length === 1 ? keys[0]! : refuse(`expected one key, got ${keys.length}`)
  if (key.isPrivate()) refuse('it is a private key')
  await key.getEncryptionKey().catch((error: Error) => refuse(error.message))
  return {
    fingerprint: key.getFingerprint(),
    async encrypt(plain) {
      // No compression: a share is random, and some programs that decrypt have none.
      const config = { preferredCompressionAlgorithm: enums.compression.uncompressed }
      const message = await createMessage({ binary: plain, format: 'binary' })
      return Buffer.from(await encrypt({ message, encryptionKeys: key, format: 'binary', config }))
    },
  }
}
