// Scripts that drive the real program against a real server: one line a step, after the fashion of testscript.
//   exec CMD …        runs CMD with sh; must end with 0         ! exec CMD …      must not
//   exit N            the last command ended with N             input TEXT        standard input of the next command
//   stdout PATTERN    its output holds the pattern              ! stdout PATTERN  does not
//   stderr PATTERN    likewise
//   file NAME TEXT    writes a file in the script's folder (\n is a new line)
//   set NAME          keeps the last output as a variable
// `strongroom` and `vault` are the program; a development server runs at $VAULT_ADDR, its root token is logged in.
import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The program as it is written, not as it was last built. */
const program = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url))

interface Result {
  status: number
  stdout: string
  stderr: string
}

/** Starts a server, runs the script's lines, stops the server. Throws naming the line that failed. */
export async function runScript(text: string): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'strongroom-script-'))
  const environment: NodeJS.ProcessEnv = { HOME: folder, PATH: `${folder}/bin:${process.env.PATH}`, TMPDIR: tmpdir() }
  let server: ChildProcess | undefined
  try {
    placeProgram(folder)
    const started = await startServer(environment)
    server = started.process
    environment.VAULT_ADDR = started.address
    runLines(text, folder, environment)
  } finally {
    await stop(server)
    rmSync(folder, { recursive: true, force: true })
  }
}

function placeProgram(folder: string): void {
  mkdirSync(join(folder, 'bin'))
  for (const name of ['strongroom', 'vault'])
    writeFileSync(join(folder, 'bin', name), `#!/bin/sh\nexec '${process.execPath}' --disable-warning=ExperimentalWarning '${program}' "$@"\n`, { mode: 0o755 })
}

async function startServer(env: NodeJS.ProcessEnv): Promise<{ process: ChildProcess; address: string }> {
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', program, 'server', '-dev', '-dev-root-token-id=root', '-dev-listen-address=127.0.0.1:0'], { env, stdio: ['ignore', 'pipe', 'pipe'] })
  let log = ''
  const address = await new Promise<string>((done, failed) => {
    const read = (chunk: Buffer): void => {
      log += chunk
      const found = /VAULT_ADDR='([^']+)'/.exec(log)
      if (found && log.includes('Root Token:')) done(found[1]!)
    }
    child.stdout.on('data', read)
    child.stderr.on('data', read)
    child.on('error', failed)
    child.on('exit', (code) => failed(new Error(`the server ended with ${code}:\n${log}`)))
  })
  return { process: child, address }
}

async function stop(child: ChildProcess | undefined): Promise<void> {
  if (child === undefined || child.exitCode !== null) return
  const gone = new Promise((done) => child.once('exit', done))
  child.kill('SIGTERM')
  await gone
}

function runLines(text: string, folder: string, env: NodeJS.ProcessEnv): void {
  let last: Result = { status: 0, stdout: '', stderr: '' }
  let input = ''
  text.split('\n').forEach((line, at) => {
    const [, not, word, rest = ''] = /^(! )?(\S+) ?(.*)$/.exec(line.trim()) ?? []
    if (word === undefined || line.startsWith('#')) return
    const where = `line ${at + 1}: ${line}\n${last.stdout}${last.stderr}`
    if (word === 'exec') {
      const done = spawnSync('sh', ['-c', rest], { cwd: folder, env, input, encoding: 'utf8' })
      last = { status: done.status ?? -1, stdout: done.stdout, stderr: done.stderr }
      input = ''
      assert.equal(last.status !== 0, not !== undefined, `line ${at + 1}: ${line}\nended with ${last.status}\n${last.stdout}${last.stderr}`)
    } else if (word === 'exit') assert.equal(last.status, Number(rest), where)
    else if (word === 'stdout' || word === 'stderr') assert.equal(new RegExp(rest, 'm').test(last[word]), not === undefined, where)
    else if (word === 'input') input = rest.replaceAll('\\n', '\n')
    else if (word === 'set') env[rest] = last.stdout.trim()
    else if (word === 'file') writeFileSync(join(folder, rest.split(' ')[0]!), rest.slice(rest.indexOf(' ') + 1).replaceAll('\\n', '\n'))
    else assert.fail(`line ${at + 1}: no step "${word}"`)
  })
}
