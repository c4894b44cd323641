// What the suites of other people's clients need and npm does not have: Go programs and a Python environment, made once in
// a folder of the system's temporary one and found again. What cannot be had gives a reason, for which a test is skipped.
import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { chmodSync, existsSync, mkdirSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { program } from '../process.test-aid.ts'

export const cache = join(tmpdir(), 'strongroom-clients')

export interface Ran {
  code: number | null
  output: string
}

/** Runs a command to its end, at most `seconds`; code null where it was not there or ran out of time. */
export function run(command: string, args: readonly string[], options: { cwd?: string; env?: Record<string, string | undefined>; seconds?: number } = {}): Promise<Ran> {
  return new Promise((done) => {
    const child = spawn(command, args, { cwd: options.cwd, env: options.env ?? process.env, stdio: ['ignore', 'pipe', 'pipe'] })
    let output = ''
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (output += chunk))
    // The option of spawn would keep the process waiting where the command does not exist.
    const timer = setTimeout(() => child.kill('SIGKILL'), (options.seconds ?? 60) * 1000)
    const end = (code: number | null, text: string): void => {
      clearTimeout(timer)
      done({ code, output: text })
    }
    child.on('error', (cause) => end(null, cause.message))
    child.on('close', (code) => end(code, output))
  })
}

/** A path to what was made, or the reason why it could not be. */
export type Made = { path: string; missing?: never } | { path?: never; missing: string }

const lastLines = (text: string): string => text.trim().split('\n').slice(-3).join(' ').slice(0, 400)

/** Builds a program of the Go module in a folder beside this file: the one in the module's folder `part`. `swap` rewrites sources and go.mod first. */
export async function goProgram(folder: string, name: string, seconds: number, { part = '.', swap = (text: string): string => text } = {}): Promise<Made> {
  if ((await run('go', ['version'])).code !== 0) return { missing: 'Go is not installed' }
  const module = fileURLToPath(new URL(folder, import.meta.url))
  const files = readdirSync(module, { recursive: true, encoding: 'utf8' }).filter((file) => /\.go$|^go\.mod$/.test(file)).sort()
  const texts = files.map((file) => swap(readFileSync(join(module, file), 'utf8')))
  const built = join(cache, `${name}-${createHash('sha256').update(texts.join('\0')).digest('hex').slice(0, 16)}`)
  if (existsSync(built)) return { path: built }
  const place = join(cache, `${name}.source`)
  for (const [at, file] of files.entries()) {
    mkdirSync(dirname(join(place, file)), { recursive: true })
    writeFileSync(join(place, file), texts[at]!)
  }
  const made = await run('go', ['build', '-mod=mod', '-o', `${built}.new`, `./${part}`], { cwd: place, seconds, env: { ...process.env, GOFLAGS: '' } })
  if (made.code !== 0) return { missing: made.code === null ? `${name} was not built within ${seconds} s` : `${name} cannot be built: ${lastLines(made.output)}` }
  renameSync(`${built}.new`, built)
  return { path: built }
}

/** A Python environment with these packages; returns its folder. */
export async function pythonEnvironment(name: string, packages: readonly string[], seconds: number): Promise<Made> {
  if ((await run('python3', ['-m', 'venv', '--help'])).code !== 0) return { missing: 'Python 3 with venv is not installed' }
  const folder = join(cache, name)
  const mark = join(folder, '.packages')
  if (existsSync(mark) && readFileSync(mark, 'utf8') === packages.join(' ')) return { path: folder }
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(cache, { recursive: true })
  for (const [command, ...args] of [['python3', '-m', 'venv', folder], [join(folder, 'bin', 'pip'), 'install', '--quiet', '--disable-pip-version-check', ...packages]] as string[][]) {
    const made = await run(command!, args, { seconds })
    if (made.code !== 0) return { missing: `Python packages cannot be installed: ${lastLines(made.output)}` }
  }
  writeFileSync(mark, packages.join(' '))
  return { path: folder }
}

/** Lays the program into `folder` under the name of Vault's, for suites that start it themselves. */
export function placeVault(folder: string): void {
  mkdirSync(folder, { recursive: true })
  const file = join(folder, 'vault')
  writeFileSync(file, `#!/bin/sh\nexec ${program.map((part) => `'${part}'`).join(' ')} "$@"\n`)
  chmodSync(file, 0o755)
}
