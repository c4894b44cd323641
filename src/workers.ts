// Several processes over one store: each accepts on the same address (SO_REUSEPORT) and answers alone. One of them, the
// first, holds the ceremonies of the seal; the others hand it those requests, and it hands them the root key when it opens.
import { type ChildProcess, fork } from 'node:child_process'
import { availableParallelism } from 'node:os'
import { extname } from 'node:path'
import type { Config } from './config.ts'
import type { Request, Response } from './http/listener.ts'
import { Fault } from './kit/errors.ts'
import type { Sample } from './telemetry/metrics.ts'

/** A request on its way between processes. */
export interface Forwarded {
  id: number
  request: { method: string; url: string; headers: Request['headers']; body: string; remote: Request['remote'] }
}

export type FromWorker =
  | { kind: 'listening'; addresses: string[] }
  | { kind: 'failed'; message: string }
  | { kind: 'forward'; forwarded: Forwarded }
  | { kind: 'answer'; to: number; id: number; response: { status: number; contentType: string; body: string; headers?: Record<string, string> } }
  | { kind: 'gather'; id: number }
  | { kind: 'counted'; to: number; id: number; samples: Sample[] }
  /** Base64 of the root key; empty: sealed. */
  | { kind: 'seal'; rootKey: string }

export type ToWorker =
  | { kind: 'start'; config: Config; index: number }
  | { kind: 'forward'; from: number; forwarded: Forwarded }
  | { kind: 'answer'; id: number; response: Response }
  | { kind: 'seal'; rootKey: string }
  | { kind: 'count'; from: number; id: number }
  | { kind: 'counted'; id: number; samples: Sample[] }
  | { kind: 'reload' }
  | { kind: 'stop' }

/** `auto`: one a core. Throws `invalid` for anything but that or a number from 1 to 64. */
export function workerCount(config: Pick<Config, 'workers'>): number {
  if (config.workers === 'auto') return Math.min(64, availableParallelism())
  const count = Number(config.workers)
  if (!Number.isInteger(count) || count < 1 || count > 64) throw new Fault('invalid', 'workers: expected "auto" or a number from 1 to 64')
  return count
}

/** Only these are answered by the first worker alone: they keep state between requests. */
export const isCeremony = (url: string): boolean => /^\/v1\/sys\/(init|unseal|seal|step-down|rekey|rekey-recovery-key|generate-root|generate-root-token|rotate)(?:[/?]|$)/.test(url)

export interface Workers {
  addresses: string[]
  reload(): void
  stop(): Promise<void>
  /** Settles when a worker ended unasked. */
  broken: Promise<string>
}

/** Starts the processes, the first one first, and passes messages between them. */
export async function startWorkers(config: Config, count: number): Promise<Workers> {
  const workers: ChildProcess[] = []
  let rootKey = ''
  let stopping = false
  let breakDown: (why: string) => void = () => {}
  const broken = new Promise<string>((resolve) => (breakDown = resolve))
  const send = (index: number, message: ToWorker): void => void workers[index]?.send(message)
  const relay = (index: number, message: FromWorker): void => {
    if (message.kind === 'forward') send(0, { kind: 'forward', from: index, forwarded: message.forwarded })
    else if (message.kind === 'answer') send(message.to, { kind: 'answer', id: message.id, response: message.response })
    else if (message.kind === 'gather') workers.forEach((_, other) => other !== index && send(other, { kind: 'count', from: index, id: message.id }))
    else if (message.kind === 'counted') send(message.to, { kind: 'counted', id: message.id, samples: message.samples })
    else if (message.kind === 'seal' && index === 0) {
      rootKey = message.rootKey
      for (let other = 1; other < workers.length; other++) send(other, { kind: 'seal', rootKey })
    }
  }
  const addresses: string[] = []
  for (let index = 0; index < count; index++) {
    const child = fork(new URL(`./worker-process${extname(import.meta.url)}`, import.meta.url), { stdio: ['ignore', 'inherit', 'inherit', 'ipc'], serialization: 'advanced' })
    workers.push(child)
    child.on('message', (message) => relay(index, message as FromWorker))
    child.on('exit', (code) => stopping || breakDown(`worker ${index + 1} ended with status ${code ?? 'of a signal'}`))
    send(index, { kind: 'start', config, index })
    addresses.push(...(await started(child)))
    if (index > 0 && rootKey !== '') send(index, { kind: 'seal', rootKey })
  }
  return {
    addresses: [...new Set(addresses)],
    broken,
    reload: () => workers.forEach((_, index) => send(index, { kind: 'reload' })),
    async stop() {
      stopping = true
      rootKey = ''
      const gone = workers.map((child) => new Promise<void>((done) => (child.exitCode === null && child.signalCode === null ? child.once('exit', () => done()) : done())))
      workers.forEach((_, index) => send(index, { kind: 'stop' }))
      const timer = setTimeout(() => workers.forEach((child) => child.kill('SIGKILL')), 10_000)
      await Promise.all(gone)
      clearTimeout(timer)
    },
  }
}

function started(child: ChildProcess): Promise<string[]> {
  return new Promise((resolve, reject) => {
    const heard = (message: unknown): void => {
      const said = message as FromWorker
      if (said.kind === 'listening') {
        child.off('message', heard)
        resolve(said.addresses)
      } else if (said.kind === 'failed') reject(new Fault('invalid', said.message))
    }
    child.on('message', heard)
    child.once('exit', () => reject(new Fault('unavailable', 'a worker ended before it listened')))
  })
}
