// Where an audit file may lie and which mode it may have.
import { statfsSync } from 'node:fs'
import { lstat, mkdir, realpath } from 'node:fs/promises'
import { basename, dirname, isAbsolute, join, resolve, sep } from 'node:path'
import { Fault, invalid } from '../../kit/errors.ts'

/** The file's mode; null leaves it as it is. Over the API it cannot be chosen: only what is the default anyway is taken. */
export function parseMode(mode: string | undefined, trusted: boolean): number | null {
  if (mode === undefined || mode === '') return 0o600
  if (!/^0?[0-7]{3}$|^0000$/.test(mode)) throw invalid('mode: expected octal digits such as 0600')
  const bits = Number.parseInt(mode, 8)
  if ((bits & 0o111) !== 0) throw invalid('mode: an audit file cannot be executable')
  if (!trusted && bits !== 0o600 && bits !== 0) throw invalid('mode: cannot be chosen over the API')
  return bits === 0 ? null : bits
}

/** Linux's numbers of file systems that no network can hang: ext, xfs, btrfs, tmpfs, overlayfs, zfs, f2fs. https://man7.org/linux/man-pages/man2/statfs.2.html */
const localSystems = new Set([0xef53, 0x58465342, 0x9123683e, 0x01021994, 0x794c7630, 0x2fc12fc1, 0xf2f52010])

/** Whether the file's system is known to be one of this machine; false where it cannot be told. */
export function isOnLocalDisk(path: string): boolean {
  try {
    return process.platform === 'linux' && localSystems.has(statfsSync(path).type)
  } catch {
    return false
  }
}

const within = (root: string, path: string): boolean => path.startsWith(root.endsWith(sep) ? root : root + sep)

/** The nearest folder above `path` that exists, with every symbolic link resolved. */
async function nearest(path: string): Promise<string> {
  const folder = dirname(path)
  return realpath(folder).catch((cause: NodeJS.ErrnoException) => {
    if (cause.code !== 'ENOENT' || folder === path) throw invalid('file_path: the folder of the file cannot be reached')
    return nearest(folder)
  })
}

/**
 * The file to open, with every symbolic link resolved; `invalid` where it lies outside `folder`. Folders that are
 * missing are made, readable by their owner alone.
 */
export async function resolveTarget(path: string, folder: string | null): Promise<string> {
  if (path.includes('\0')) throw invalid('file_path: invalid')
  if (folder === null) {
    const anywhere = resolve(path)
    await make(dirname(anywhere))
    return anywhere
  }
  await make(folder)
  const root = await realpath(folder)
  const wanted = isAbsolute(path) ? resolve(path) : resolve(root, path)
  const above = await nearest(wanted)
  const outside = invalid('file_path: outside the folder allowed for audit files')
  if (above !== root && !within(root, above)) throw outside
  await make(dirname(wanted))
  const target = join(await realpath(dirname(wanted)), basename(wanted))
  if (target === root || !within(root, target)) throw outside
  const found = await lstat(target).catch(() => null)
  if (found?.isSymbolicLink()) throw invalid('file_path: cannot be a symbolic link')
  if (found !== null && !found.isFile()) throw invalid('file_path: not a regular file')
  return target
}

async function make(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 }).catch((cause: unknown) => {
    throw new Fault('unavailable', 'the folder for audit files cannot be made', { cause })
  })
}
