// Load from a process of its own: raw sockets that stay open, one request at a time on each.
import { fork } from 'node:child_process'
import { connect } from 'node:net'
import { fileURLToPath } from 'node:url'

export interface Load {
  url: string
  connections: number
  requests: number
  method: string
  /** `%d` is replaced by a number from 0 to `spread`, `%h` by its last two digits without leading zeros. */
  path: string
  spread: number
  headers: Record<string, string>
  body?: string
  /** Requests that differ in more than a number: sent in turn instead of `path` and `body`, headers beside the common ones. */
  variants?: { headers: Record<string, string>; body: string }[]
}

export interface Measured {
  requests: number
  seconds: number
  /** Milliseconds. */
  p50: number
  p99: number
  failed: number
}

/** Sends the load and waits for its end. */
export function send(load: Load): Promise<Measured> {
  const child = fork(fileURLToPath(import.meta.url), ['--load'], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] })
  return new Promise((resolve, reject) => {
    child.once('message', (measured) => {
      child.kill()
      resolve(measured as Measured)
    })
    child.once('error', reject)
    child.once('exit', (code) => code && reject(new Error(`the load ended with status ${code}`)))
    child.send(load)
  })
}

function perform(load: Load): Promise<Measured> {
  const { hostname, host, port } = new URL(load.url)
  const packet = (path: string, headers: Record<string, string>, body: string | undefined): Buffer => {
    const all = { Host: host, ...load.headers, ...headers, ...(body !== undefined && { 'Content-Length': String(Buffer.byteLength(body)) }) }
    return Buffer.from(`${load.method} ${path} HTTP/1.1\r\n${Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n${body ?? ''}`)
  }
  const count = Math.min(load.spread, 10_000)
  const packets = load.variants
    ? load.variants.map(({ headers, body }) => packet(load.path, headers, body))
    : Array.from({ length: count }, (_, index) => (index * 7919) % load.spread).map((number) => packet(load.path.replaceAll('%d', String(number)).replaceAll('%h', String(number % 100)), {}, load.body))
  const times = new Float64Array(load.requests)
  let sent = 0
  let done = 0
  let failed = 0
  const began = performance.now()
  return new Promise((resolve) => {
    const end = (): void => {
      const seconds = (performance.now() - began) / 1000
      times.sort()
      resolve({ requests: done, seconds, p50: times[Math.trunc(done * 0.5)]!, p99: times[Math.trunc(done * 0.99)]!, failed })
    }
    const open = (): void => {
      const socket = connect(Number(port), hostname)
      socket.setNoDelay(true)
      let at = 0
      let pending = ''
      let closing = false
      const next = (): void => {
        if (sent >= load.requests || closing) return void socket.end()
        at = performance.now()
        socket.write(packets[(sent++ * 7919) % packets.length]!)
      }
      socket.on('connect', next)
      socket.on('error', () => {})
      // A server that answers one request a connection is met again.
      socket.on('close', () => sent < load.requests && open())
      socket.on('data', (chunk) => {
        pending = pending === '' ? chunk.toString('latin1') : pending + chunk.toString('latin1')
        const split = pending.indexOf('\r\n\r\n')
        if (split < 0) return
        const length = /\r\ncontent-length: (\d+)/i.exec(pending.slice(0, split))
        const complete = length ? split + 4 + Number(length[1]) : pending.includes('\r\n0\r\n\r\n') || /^HTTP\/1.1 204/.test(pending) ? 0 : Infinity
        if (pending.length < complete) return
        if (!/^HTTP\/1.1 20\d/.test(pending)) failed++
        closing = /\r\nconnection: close/i.test(pending.slice(0, split))
        pending = ''
        times[done++] = performance.now() - at
        if (done === load.requests) end()
        else next()
      })
    }
    for (let index = 0; index < load.connections; index++) open()
  })
}

if (process.argv[2] === '--load') process.once('message', (load) => void perform(load as Load).then((measured) => process.send!(measured)))
