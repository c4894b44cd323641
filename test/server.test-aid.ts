// A whole server in this process, in memory and without a listener, and requests to it as a client would send them.
import type { IncomingHttpHeaders } from 'node:http'
import { toConfig } from '../src/config.ts'
import { makeLog } from '../src/log.ts'
import { type Server, startServer } from '../src/server.ts'

export interface Answered {
  status: number
  headers: Record<string, string>
  body: any
  text: string
}

export interface Trial {
  server: Server
  /** The root token. */
  root: string
  /** What the server's own log said. */
  logged: string[]
  /** Sends a request; `token` defaults to the root token, null sends none. */
  ask(method: string, path: string, body?: unknown, options?: { token?: string | null; headers?: IncomingHttpHeaders; remote?: string }): Promise<Answered>
  /** The same, and throws unless the answer is a success. */
  must(method: string, path: string, body?: unknown, options?: { token?: string | null; headers?: IncomingHttpHeaders }): Promise<any>
  /** A token with the given rules. */
  tokenWith(rules: string, extra?: object): Promise<string>
  stop(): Promise<void>
}

/** Starts, initializes and unseals; KV version 2 at `secret/`. `settings`: further configuration. */
export async function startTrial(settings: Record<string, unknown> = {}): Promise<Trial> {
  const logged: string[] = []
  const config = { ...toConfig({ storage: { memory: {} }, audit_folder: '*', log_level: 'trace', ...settings }), listeners: [] }
  const server = await startServer(config, makeLog('trace', 'json', (line) => logged.push(line)))
  const { keys, rootToken } = await server.keeper.initialize({ shares: 1, threshold: 1 })
  if (keys[0]) await server.keeper.unseal(keys[0], false)
  let policies = 0
  const trial: Trial = {
    server,
    root: rootToken,
    logged,
    async ask(method, path, body, options = {}) {
      const token = options.token === undefined ? rootToken : options.token
      const raw = body === undefined ? Buffer.alloc(0) : Buffer.from(typeof body === 'string' ? body : JSON.stringify(body))
      const headers = { ...(token !== null && { 'x-vault-token': token }), ...options.headers }
      const sent = await server.answer({ method, url: path.startsWith('/') ? path : `/v1/${path}`, headers, body: raw, remote: { address: options.remote ?? '127.0.0.1', port: 1 }, signal: new AbortController().signal, certificate: null })
      const text = await textOf(sent.body)
      let parsed: unknown = null
      try {
        parsed = JSON.parse(text)
      } catch {
        parsed = text
      }
      return { status: sent.status, headers: sent.headers ?? {}, body: parsed, text }
    },
    async must(method, path, body, options) {
      const answered = await trial.ask(method, path, body, options)
      if (answered.status >= 300) throw new Error(`${method} ${path}: ${answered.status} ${answered.text}`)
      return answered.body
    },
    async tokenWith(rules, extra = {}) {
      const name = `trial-${policies++}`
      await trial.must('PUT', `sys/policies/acl/${name}`, { policy: rules })
      return (await trial.must('POST', 'auth/token/create', { policies: [name], ...extra })).auth.client_token as string
    },
    stop: () => server.stop(),
  }
  await trial.must('POST', 'sys/mounts/secret', { type: 'kv', options: { version: '2' } })
  return trial
}

async function textOf(body: string | Uint8Array | AsyncIterable<Uint8Array>): Promise<string> {
  if (typeof body === 'string') return body
  const chunks: Uint8Array[] = []
  if (body instanceof Uint8Array) chunks.push(body)
  else for await (const chunk of body) chunks.push(chunk)
  return Buffer.concat(chunks).toString()
}
