// Where an audit file may lie and which mode it may have.
import { lstat, realpath } from 'node:fs/promises'
import { basename, dirname, isAbsolute, join, resolve, sep } from 'node:path'
import { invalid } from '../../kit/errors.ts'

/** The file's mode; null leaves it as it is. Over the API it cannot be chosen: only what is the default anyway is taken. */
export function parseMode(mode: string | undefined, trusted: boolean): number | null {
  if (mode === undefined || mode === '') return 0o600
  if (!/^0?[0-7]{3}$|^0000$/.test(mode)) throw invalid('mode: expected octal digits such as 0600')
  const bits = Number.parseInt(mode, 8)
  if ((bits & 0o111) !== 0) throw invalid('mode: an audit file cannot be executable')
  if (!trusted && bits !== 0o600 && bits !== 0) throw invalid('mode: cannot be chosen over the API')
  return bits === 0 ? null : bits
}

/** The file to open, with every symbolic link resolved; `invalid` where it lies outside `folder`. */
export async function resolveTarget(path: string, folder: string | null): Promise<string> {
  if (path.includes('\0')) throw invalid('file_path: invalid')
  if (folder === null) return resolve(path)
  const root = await realpath(folder).catch(() => {
    throw invalid('the folder for audit files does not exist')
  })
  const wanted = isAbsolute(path) ? resolve(path) : resolve(root, path)
  const parent = await realpath(dirname(wanted)).catch(() => {
    throw invalid('file_path: the folder of the file does not exist')
  })
  const target = join(parent, basename(wanted))
  const found = await lstat(target).catch(() => null)
  if (found?.isSymbolicLink()) throw invalid('file_path: cannot be a symbolic link')
  if (found !== null && !found.isFile()) throw invalid('file_path: not a regular file')
  if (target === root || !target.startsWith(root.endsWith(sep) ? root : root + sep)) throw invalid('file_path: outside the folder allowed for audit files')
  return target
}
