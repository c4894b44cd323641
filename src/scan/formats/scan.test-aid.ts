// A folder of its own for a test, and the real program run in it.
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import type { TestContext } from 'node:test'
import { fileURLToPath } from 'node:url'

const main = fileURLToPath(new URL('../../cli/main.ts', import.meta.url))

export interface Folder {
  path: string
  write(file: string, text: string | Uint8Array): void
  git(...args: string[]): string
  /** Runs `strongroom scan` with the arguments. */
  scan(args: string[], input?: string): { status: number | null; out: string; err: string }
}

export function folder(t: TestContext, files: Record<string, string | Uint8Array> = {}): Folder {
  const path = mkdtempSync(join(tmpdir(), 'scan-'))
  t.after(() => rmSync(path, { recursive: true, force: true }))
  const env = { ...process.env, HOME: path, GIT_CONFIG_NOSYSTEM: '1', GIT_AUTHOR_NAME: 'a', GIT_AUTHOR_EMAIL: 'a@example.com', GIT_COMMITTER_NAME: 'a', GIT_COMMITTER_EMAIL: 'a@example.com' }
  const made: Folder = {
    path,
    write(file, text) {
      mkdirSync(dirname(join(path, file)), { recursive: true })
      writeFileSync(join(path, file), text)
    },
    git(...args) {
      const { status, stdout, stderr } = spawnSync('git', ['-c', 'init.defaultBranch=main', ...args], { cwd: path, env, encoding: 'utf8' })
      if (status !== 0) throw new Error(`git ${args.join(' ')}: ${stderr}`)
      return stdout
    },
    scan(args, input) {
      const { status, stdout, stderr } = spawnSync(process.execPath, ['--disable-warning=ExperimentalWarning', main, 'scan', ...args], { cwd: path, env, encoding: 'utf8', input })
      return { status, out: stdout, err: stderr }
    },
  }
  for (const [file, text] of Object.entries(files)) made.write(file, text)
  return made
}

/** A key as AWS forms them, put together so that it stands nowhere as a whole. */
export const awsKey = (tail = 'QYZ2XW7VBN3KLM4P'): string => `AK${'IA'}${tail}`
