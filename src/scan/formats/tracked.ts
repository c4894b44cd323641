// The files that Git tracks, as paths that a scan takes.
import { existsSync } from 'node:fs'
import { askGit } from '../sources/git.ts'

/** Paths below the folder that begin with `./`, so that none is taken for an option; deleted files are left out. */
export async function trackedFiles(paths: string[] = [], options: string[] = []): Promise<string[]> {
  const answer = await askGit('.', ['ls-files', '-z', ...options, '--', ...paths])
  return [...new Set(answer.toString('utf8').split('\0'))].filter((path) => path !== '').map((path) => `./${path}`).filter((path) => existsSync(path))
}

/** Whether the working directory lies in a repository. */
export async function inRepository(folder = '.'): Promise<boolean> {
  try {
    await askGit(folder, ['rev-parse', '--git-dir'])
    return true
  } catch {
    return false
  }
}
