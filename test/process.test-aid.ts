// The real program as a process of its own: a server from a configuration on a free port, and command lines against it.
import assert from 'node:assert/strict'
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The program as it is written, not as it was last built. */
export const program = [process.execPath, '--disable-warning=ExperimentalWarning', fileURLToPath(new URL('../src/cli/main.ts', import.meta.url))] as const

export interface ServerProcess {
  /** `http://127.0.0.1:PORT` */
  address: string
  process: ChildProcess
  /** Ends it as a power cut would: SIGKILL. */
  kill(): Promise<void>
  /** Ends it as an operator would; fails unless it ends well. */
  stop(): Promise<void>
}

/** Starts `server` with these arguments and waits until it listens. Its environment is `home` and nothing of ours. */
export async function startServer(args: readonly string[], home: string): Promise<ServerProcess> {
  const child = spawn(program[0], [...program.slice(1), 'server', ...args], { cwd: home, env: { HOME: home, PATH: process.env.PATH }, stdio: ['ignore', 'pipe', 'pipe'] })
  const address = await listening(child)
  child.stdout.resume()
  child.stderr.resume()
  const end = async (signal: NodeJS.Signals): Promise<void> => {
    if (child.exitCode !== null || child.signalCode !== null) return
    const ended = once(child, 'exit')
    child.kill(signal)
    await ended
  }
  return {
    address,
    process: child,
    kill: () => end('SIGKILL'),
    async stop() {
      await end('SIGTERM')
      assert.equal(child.exitCode, 0, 'the server did not end well')
    },
  }
}

function listening(child: ChildProcess): Promise<string> {
  let log = ''
  return new Promise((done, failed) => {
    const read = (chunk: Buffer): void => {
      log += chunk
      const found = /Listener 1: (\S+)/.exec(log)
      if (found && /server started!/.test(log) && (!log.includes('dev mode') || log.includes('Root Token:'))) done(found[1]!)
    }
    child.stdout!.on('data', read)
    child.stderr!.on('data', read)
    child.once('error', failed)
    child.once('exit', (code) => failed(new Error(`the server ended with ${code}:\n${log}`)))
  })
}

/** A development server: in memory, unsealed, its root token is `root`. */
export const startDev = (home: string): Promise<ServerProcess> => startServer(['-dev', '-dev-root-token-id=root', '-dev-listen-address=127.0.0.1:0', '-dev-no-store-token'], home)

/** A persistent server over SQLite in `home`, sealed by Shamir's; started again, it finds its store. */
export function startPersistent(home: string): Promise<ServerProcess> {
  const file = join(home, 'server.hcl')
  writeFileSync(file, `storage "sqlite" { path = "${home}/strongroom.db" }\nlistener "tcp" {\n  address = "127.0.0.1:0"\n  tls_disable = true\n}\naudit_folder = "${home}"\n`)
  return startServer([`-config=${file}`], home)
}

/** Runs a command line to its end; throws unless it ends with 0. Returns its output without the last line break. */
export function runProgram(args: readonly string[], env: Record<string, string>, input = ''): string {
  const ran = spawnSync(program[0], [...program.slice(1), ...args], { env: { PATH: process.env.PATH, ...env }, input, encoding: 'utf8' })
  assert.equal(ran.status, 0, `${args.join(' ')}: ${ran.stderr}`)
  return ran.stdout.replace(/\n$/, '')
}
