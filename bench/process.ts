// Servers as processes: started, measured by the kernel's own accounts, stopped by process id.
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, readdirSync, readlinkSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const root = fileURLToPath(new URL('..', import.meta.url))
/** Ticks of the kernel's processor clock in a second; 100 on every Linux that the project runs on. */
const ticks = 100

export interface Running {
  url: string
  pid: number
  folder: string
  stop(): Promise<void>
}

export async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  const { port } = server.address() as { port: number }
  await new Promise((done) => server.close(done))
  return port
}

/** Starts a program, the runtime unless another is named, and waits, at most 60 s, until `ready` says so. */
export async function start(args: string[], url: string, folder: string, ready: () => Promise<boolean>, environment: Record<string, string> = {}, program = process.execPath): Promise<Running> {
  const child = spawn(program, args, { stdio: ['ignore', 'ignore', 'pipe'], env: { PATH: process.env.PATH, HOME: folder, ...environment } })
  let said = ''
  child.stderr.on('data', (chunk: Buffer) => (said = (said + chunk.toString()).slice(-2000)))
  for (let waited = 0; !(await ready().catch(() => false)); waited += 5) {
    if (child.exitCode !== null || waited > 60_000) throw new Error(`a server did not start: ${said}`)
    await new Promise((done) => setTimeout(done, 5))
  }
  return { url, pid: child.pid!, folder, stop: () => stop(child) }
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return
  const gone = new Promise((done) => child.once('exit', done))
  child.kill('SIGTERM')
  const timer = setTimeout(() => child.kill('SIGKILL'), 10_000)
  await gone
  clearTimeout(timer)
}

export const newFolder = (): string => mkdtempSync(join(tmpdir(), 'strongroom-bench-'))
export const removeFolder = (folder: string): void => rmSync(folder, { recursive: true, force: true })

/** Names in a folder of /proc, none where it went away or is not ours to see. */
const entries = (folder: string): string[] => {
  try {
    return readdirSync(folder)
  } catch {
    return []
  }
}

const targetOf = (link: string): string => {
  try {
    return readlinkSync(link)
  } catch {
    return ''
  }
}

/** The process of this machine that listens on the port of a URL; 0 where none is seen. */
export function pidAt(url: string): number {
  const port = Number(new URL(url).port).toString(16).toUpperCase().padStart(4, '0')
  const listening = ['tcp', 'tcp6'].flatMap((table) => readFileSync(`/proc/net/${table}`, 'utf8').split('\n')).map((line) => line.trim().split(/\s+/))
  const sockets = new Set(listening.filter(([, local, , state]) => local?.endsWith(`:${port}`) && state === '0A').map((fields) => `socket:[${fields[9]}]`))
  const owners = entries('/proc').filter((name) => /^\d+$/.test(name) && entries(`/proc/${name}/fd`).some((fd) => sockets.has(targetOf(`/proc/${name}/fd/${fd}`))))
  return owners.map(Number).sort((a, b) => a - b)[0] ?? 0
}

/** A process and its children. */
export function family(pid: number): number[] {
  const children = readdirSync('/proc').filter((name) => /^\d+$/.test(name)).filter((name) => {
    try {
      return Number(readFileSync(`/proc/${name}/stat`, 'utf8').split(') ')[1]!.split(' ')[1]) === pid
    } catch {
      return false
    }
  })
  return [pid, ...children.flatMap((child) => family(Number(child)))]
}

/** Processor seconds that a process and its children used so far. */
export const cpuSeconds = (pid: number): number =>
  family(pid).reduce((sum, one) => {
    const fields = readFileSync(`/proc/${one}/stat`, 'utf8').split(') ')[1]!.split(' ')
    return sum + (Number(fields[11]) + Number(fields[12])) / ticks
  }, 0)

/** Bytes that a process and its children caused to be written to disk so far. */
export const bytesWritten = (pid: number): number => family(pid).reduce((sum, one) => sum + Number(/^write_bytes: (\d+)/m.exec(readFileSync(`/proc/${one}/io`, 'utf8'))?.[1] ?? 0), 0)

/** Resident megabytes of one process. */
export const residentMegabytes = (pid: number): number => Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))![1]) / 1024

/** Writes a file of the server's configuration; 0600. */
export function writeSecret(path: string, content: string): string {
  writeFileSync(path, content, { mode: 0o600 })
  return path
}
