// Where a static key comes from: `file:///path` (mode 0600), `env://NAME`, `credential://NAME` (systemd), or the key itself.
// 32 bytes, raw (in a file), in hex or in base64.
import { randomBytes } from 'node:crypto'
import { open } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { invalid } from '../../kit/errors.ts'

const keyLength = 32
const longestFile = 4096

/** Throws `invalid` that names the option and the source, never a part of the key. */
export async function readKey(source: string, option: string, environment: Record<string, string | undefined>): Promise<Buffer> {
  if (source.startsWith('file://')) return readKeyFile(filePath(source, option), option, true)
  if (source.startsWith('env://')) {
    const text = environment[source.slice('env://'.length)]
    if (text === undefined) throw invalid(`${option}: the variable that it names is not set`)
    return decodeKey(Buffer.from(text), option)
  }
  if (source.startsWith('credential://')) {
    const name = source.slice('credential://'.length)
    const directory = environment.CREDENTIALS_DIRECTORY
    if (!directory) throw invalid(`${option}: CREDENTIALS_DIRECTORY is not set; systemd sets it for LoadCredential=`)
    if (!/^[A-Za-z0-9][A-Za-z0-9._-]*$/.test(name)) throw invalid(`${option}: not the name of a credential`)
    // systemd alone decides who may enter that directory; its files show group bits where it uses access lists.
    return readKeyFile(join(directory, name), option, false)
  }
  return decodeKey(Buffer.from(source), option)
}

/** Makes a key file of mode 0600; throws where the file exists. */
export async function createKeyFile(path: string): Promise<void> {
  const file = await open(path, 'wx', 0o600)
  try {
    await file.writeFile(randomBytes(keyLength).toString('hex') + '\n')
    await file.sync()
  } finally {
    await file.close()
  }
}

function filePath(source: string, option: string): string {
  try {
    return fileURLToPath(source)
  } catch {
    throw invalid(`${option}: write file:///absolute/path`)
  }
}

async function readKeyFile(path: string, option: string, strict: boolean): Promise<Buffer> {
  const file = await open(path, 'r').catch((cause: NodeJS.ErrnoException) => {
    throw invalid(`${option}: cannot open ${path}: ${cause.code}`)
  })
  try {
    const { mode, size } = await file.stat()
    if (strict && process.platform !== 'win32' && (mode & 0o077) !== 0) {
      throw invalid(`${option}: ${path} can be read by others (mode ${(mode & 0o777).toString(8)}); make it 600`)
    }
    if (size > longestFile) throw invalid(`${option}: ${path} is too long for a key`)
    return decodeKey(await file.readFile(), option)
  } finally {
    await file.close()
  }
}

function decodeKey(content: Buffer, option: string): Buffer {
  if (content.length === keyLength) return content
  const text = content.toString('latin1').trim()
  content.fill(0)
  if (/^[0-9a-fA-F]{64}$/.test(text)) return Buffer.from(text, 'hex')
  if (/^[A-Za-z0-9+/_-]{43}=?$/.test(text)) return Buffer.from(text, 'base64')
  throw invalid(`${option}: the key must be ${keyLength} bytes: raw, in hex or in base64`)
}
