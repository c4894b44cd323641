// Files below folders, in the order of their names; links are not followed, so that no loop can hold the walk.
import { lstatSync, readdirSync } from 'node:fs'
import { sep } from 'node:path'
import { hasBinaryName } from './binary.ts'

/** Told of everything that could not be read. */
export type Warn = (path: string, reason: string) => void

export interface WalkOptions {
  warn: Warn
  /** Whether to leave a path out; folders end in `/`. Paths are as they were given to `walk`. */
  ignore?(path: string, folder: boolean): boolean
  /** Names that count although they are those of binary files. */
  include?(name: string): boolean
}

/** The folders of version control systems: their objects are read through `scan git`. */
const skippedFolders = new Set(['.git', '.hg', '.svn', '.jj'])

/** Every regular file at or below the paths. */
export function* walk(paths: string[], options: WalkOptions): Generator<string> {
  for (const path of paths) {
    let stat
    try {
      stat = lstatSync(path)
    } catch (error) {
      options.warn(path, reasonOf(error))
      continue
    }
    if (stat.isDirectory()) yield* walkFolder(path, options)
    else if (stat.isFile() || stat.isSymbolicLink()) yield path
    else options.warn(path, 'not a regular file')
  }
}

function* walkFolder(folder: string, options: WalkOptions): Generator<string> {
  let entries
  try {
    entries = readdirSync(folder, { withFileTypes: true })
  } catch (error) {
    options.warn(folder, reasonOf(error))
    return
  }
  for (const entry of entries) {
    const path = folder === '.' ? entry.name : `${folder}${folder.endsWith(sep) ? '' : sep}${entry.name}`
    if (entry.isDirectory()) {
      if (!skippedFolders.has(entry.name) && !options.ignore?.(path, true)) yield* walkFolder(path, options)
    } else if (entry.isFile() && (!hasBinaryName(entry.name) || options.include?.(entry.name)) && !options.ignore?.(path, false)) yield path
  }
}

export function reasonOf(error: unknown): string {
  const code = (error as NodeJS.ErrnoException).code
  return code ?? (error instanceof Error ? error.message : String(error))
}
