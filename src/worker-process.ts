// One of several processes that answer; its parent (`workers.ts`) starts it and passes messages.
import type { Request, Response } from './http/listener.ts'
import { Fault } from './kit/errors.ts'
import { describeError, makeLog } from './log.ts'
import { type Server, startServer } from './server.ts'
import type { Forwarded, FromWorker, ToWorker } from './workers.ts'
import type { Sample } from './telemetry/metrics.ts'
import { isCeremony, workerCount } from './workers.ts'

const tell = (message: FromWorker): void => void process.send!(message)
const waiting = new Map<number, (response: Response) => void>()
const gathering = new Map<number, (samples: Sample[]) => void>()
let server: Server | null = null
let nextId = 0

/** Requests of the seal's ceremonies go to the first worker; their bodies are small. */
function forward(request: Request): Promise<Response> {
  const id = nextId++
  const { method, url, headers, remote } = request
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      waiting.delete(id)
      reject(new Fault('unavailable', 'the first worker did not answer'))
    }, 30_000)
    waiting.set(id, (response) => {
      clearTimeout(timer)
      resolve(response)
    })
    tell({ kind: 'forward', forwarded: { id, request: { method, url, headers, remote, body: request.body.toString('latin1') } } })
  })
}

const patience = 1000

/** What the other workers counted; of those that do not answer in time, nothing. */
function gather(others: number): Promise<Sample[][]> {
  const id = nextId++
  const counted: Sample[][] = []
  return new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(timer)
      gathering.delete(id)
      resolve(counted)
    }
    const timer = setTimeout(done, patience)
    gathering.set(id, (samples) => counted.push(samples) === others && done())
    tell({ kind: 'gather', id })
  })
}

async function answerForwarded(from: number, { id, request }: Forwarded): Promise<void> {
  const sent = await server!.answer({ ...request, body: Buffer.from(request.body, 'latin1'), signal: new AbortController().signal, certificate: null })
  const body = typeof sent.body === 'string' ? sent.body : Buffer.from(sent.body as Uint8Array).toString()
  tell({ kind: 'answer', to: from, id, response: { status: sent.status, contentType: sent.contentType, body, ...(sent.headers && { headers: sent.headers }) } })
}

async function start(message: Extract<ToWorker, { kind: 'start' }>): Promise<void> {
  const { config, index } = message
  const log = makeLog(config.log_level, config.log_format, (line) => process.stderr.write(`${line}\n`))
  const first = index === 0
  try {
    server = await startServer(config, log, {
      reusePort: true,
      gather: () => gather(workerCount(config) - 1),
      ...(first ? { sealChanged: (rootKey: Buffer | null) => tell({ kind: 'seal', rootKey: rootKey?.toString('base64') ?? '' }) } : { handOver: (request: Request) => (isCeremony(request.url) ? forward(request) : null) }),
    })
    tell({ kind: 'listening', addresses: server.listening.map((one) => one.address) })
  } catch (cause) {
    log.write('error', 'a worker could not start', describeError(cause))
    tell({ kind: 'failed', message: cause instanceof Error ? cause.message : 'a worker could not start' })
    process.exit(1)
  }
}

async function seal(rootKey: string): Promise<void> {
  const key = Buffer.from(rootKey, 'base64')
  try {
    if (key.length > 0) {
      if (server?.core.barrier.sealed) await server.keeper.openWith(key)
    } else await server?.keeper.seal()
  } finally {
    key.fill(0)
  }
}

const handlers: { [K in ToWorker['kind']]: (message: Extract<ToWorker, { kind: K }>) => unknown } = {
  start,
  forward: ({ from, forwarded }) => answerForwarded(from, forwarded),
  answer: ({ id, response }) => {
    waiting.get(id)?.(response)
    waiting.delete(id)
  },
  seal: ({ rootKey }) => seal(rootKey),
  count: async ({ from, id }) => tell({ kind: 'counted', to: from, id, samples: (await server?.observe.samples()) ?? [] }),
  counted: ({ id, samples }) => gathering.get(id)?.(samples),
  reload: () => server?.reload(),
  stop: async () => {
    await server?.stop()
    process.exit(0)
  },
}

process.on('message', (message: ToWorker) => void (handlers[message.kind] as (message: ToWorker) => unknown)(message))
// The parent decides when to stop: a terminal's Ctrl-C reaches the whole group. Without a parent there is nobody to answer to.
process.on('SIGINT', () => {}).on('SIGTERM', () => {}).on('disconnect', () => process.exit(1))
