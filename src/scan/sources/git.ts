// Runs the `git` of the machine. Its configuration cannot add colour, helpers or another format to what we read.
import { spawn, spawnSync, type ChildProcessByStdio } from 'node:child_process'
import type { Readable, Writable } from 'node:stream'

const steady = ['-c', 'core.quotepath=off', '-c', 'color.ui=never', '-c', 'diff.external=', '-c', 'log.showSignature=false', '-c', 'core.fsmonitor=false']

export type GitProcess = ChildProcessByStdio<Writable, Readable, Readable>

/** Starts git in the repository; its three streams are pipes. */
export function startGit(repository: string, args: string[]): GitProcess {
  return spawn('git', argumentsOf(repository, args), { stdio: ['pipe', 'pipe', 'pipe'], env: environment() })
}

const argumentsOf = (repository: string, args: string[]): string[] => ['-C', repository, ...steady, ...args]
const environment = (): NodeJS.ProcessEnv => ({ ...process.env, GIT_OPTIONAL_LOCKS: '0', GIT_FLUSH: '0', LC_ALL: 'C' })

/**
 * Lets git write into an open file and waits for its end: a pipe would bring long answers in pieces of some kilobytes, each of
 * which costs more to be handed over than to be read. Throws what git says when it fails.
 */
export function writeGit(repository: string, args: string[], descriptor: number): void {
  const { error, status, stderr } = spawnSync('git', argumentsOf(repository, args), { stdio: ['ignore', descriptor, 'pipe'], env: environment() })
  if (error) throw new Error(`git cannot be run: ${error.message}`)
  if (status !== 0) throw new Error(stderr.toString('utf8').slice(0, 4000).trim() || `git ended with status ${status}`)
}

/** What a failed git said, once it has ended; null when it succeeded. */
export async function failureOf(git: GitProcess): Promise<string | null> {
  let said = ''
  git.stderr.setEncoding('utf8')
  git.stderr.on('data', (text: string) => {
    if (said.length < 4000) said += text
  })
  const status = await new Promise<number | null>((resolve, reject) => {
    git.on('error', (error) => reject(new Error(`git cannot be run: ${error.message}`)))
    git.on('close', resolve)
  })
  return status === 0 ? null : said.trim() || `git ended with status ${status}`
}

/** All that git writes, for short answers; throws what git says when it fails. */
export async function askGit(repository: string, args: string[], input = ''): Promise<Buffer> {
  const git = startGit(repository, args)
  const failure = failureOf(git)
  git.stdin.on('error', () => {})
  git.stdin.end(input)
  const chunks: Buffer[] = []
  for await (const chunk of git.stdout) chunks.push(chunk as Buffer)
  const said = await failure
  if (said !== null) throw new Error(said)
  return Buffer.concat(chunks)
}
