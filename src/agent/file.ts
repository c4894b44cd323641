// Files that hold secrets: written beside their place and put there whole.
import { randomBytes } from 'node:crypto'
import { chownSync, closeSync, fchmodSync, fsyncSync, mkdirSync, openSync, readFileSync, renameSync, rmSync, writeSync } from 'node:fs'
import { dirname } from 'node:path'

export interface FileOptions {
  /** Permission bits; 0600 unless told. */
  mode?: number
  /** Makes missing folders (0700); default true. */
  makeFolders?: boolean
  uid?: number | undefined
  gid?: number | undefined
}

/** Replaces the file in one step; gives whether its content changed. */
export function replaceFile(path: string, content: string | Uint8Array, options: FileOptions = {}): boolean {
  const bytes = Buffer.from(content)
  if (readOrNull(path)?.equals(bytes)) return false
  if (options.makeFolders ?? true) mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
  const fresh = `${path}.${randomBytes(6).toString('hex')}.new`
  const file = openSync(fresh, 'wx', 0o600)
  try {
    for (let at = 0; at < bytes.length; ) at += writeSync(file, bytes, at)
    fchmodSync(file, options.mode ?? 0o600)
    if (options.uid !== undefined || options.gid !== undefined) chownSync(fresh, options.uid ?? -1, options.gid ?? -1)
    fsyncSync(file)
    renameSync(fresh, path)
  } catch (cause) {
    rmSync(fresh, { force: true })
    throw cause
  } finally {
    closeSync(file)
  }
  return true
}

function readOrNull(path: string): Buffer | null {
  try {
    return readFileSync(path)
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return null
    throw cause
  }
}
