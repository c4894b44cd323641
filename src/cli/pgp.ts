// PGP keys that are named on the command line: files, armored (RFC 9580, section 6.2), binary, or base64 already.
import { readBytes } from './files.ts'
import { UsageError } from './usage.ts'

/** The keys of a flag that may be repeated and holds names parted by commas, each in base64 as the API takes it. */
export const pgpKeysOf = (flags: readonly string[]): string[] => flags.flatMap((list) => list.split(',')).filter(Boolean).map(pgpKeyOf)

export function pgpKeyOf(file: string): string {
  if (file.startsWith('keybase:')) {
    const user = file.slice('keybase:'.length)
    throw new UsageError(`Keys of keybase are not fetched: export the key (gpg --export ${user} > ${user}.pgp) and name the file in place of ${file}`)
  }
  const bytes = readBytes(file)
  const text = bytes.toString('latin1')
  if (text.includes('-----BEGIN PGP ')) return dearmor(text, file)
  return /^[A-Za-z0-9+/\s]+={0,2}\s*$/.test(text) ? text.replace(/\s/g, '') : bytes.toString('base64')
}

/** What lies between an armored block's head and its checksum. */
function dearmor(text: string, file: string): string {
  const lines = text.split('\n').map((line) => line.trim())
  const begins = lines.filter((line) => line === '-----BEGIN PGP PUBLIC KEY BLOCK-----').length
  if (begins !== 1) throw new UsageError(`${file}: expected one armored public key, found ${begins}`)
  const block = lines.slice(lines.indexOf('-----BEGIN PGP PUBLIC KEY BLOCK-----') + 1, lines.indexOf('-----END PGP PUBLIC KEY BLOCK-----'))
  return block.slice(block.indexOf('') + 1).filter((line) => !line.startsWith('=')).join('')
}
