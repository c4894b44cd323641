// A server that answers from a table, and a shell that remembers: the command line runs in this process against them.
import { createServer } from 'node:http'
import type { IncomingMessage } from 'node:http'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { AddressInfo } from 'node:net'
import { run } from './dispatch.ts'
import { Environment } from './environment.ts'

export interface Seen {
  method: string
  url: string
  headers: IncomingMessage['headers']
  body: unknown
}

/** `[status, body]`, a body alone for 200, or a function of the request. */
export type Reply = object | string | readonly [number, unknown?, Record<string, string>?]
type Table = Record<string, Reply | ((seen: Seen, count: number) => Reply)>

export interface Fake {
  address: string
  seen: Seen[]
  close(): Promise<void>
}

/** Keys are `METHOD /path?query`, or without the query. What is not there is answered 404 as Vault does. */
export async function fakeServer(table: Table): Promise<Fake> {
  const seen: Seen[] = []
  const counts = new Map<string, number>()
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    const text = Buffer.concat(chunks).toString()
    const entry: Seen = { method: request.method!, url: request.url!, headers: request.headers, body: text && request.headers['content-type']?.includes('json') ? JSON.parse(text) : text }
    seen.push(entry)
    const key = [`${entry.method} ${entry.url}`, `${entry.method} ${entry.url.split('?')[0]}`].find((name) => name in table)
    const count = counts.get(key ?? '') ?? 0
    counts.set(key ?? '', count + 1)
    const found = key === undefined ? ([404, { errors: [] }] as const) : table[key]!
    const reply = typeof found === 'function' ? found(entry, count) : found
    const [status, body, headers] = Array.isArray(reply) ? (reply as [number, unknown?, Record<string, string>?]) : [200, reply]
    response.writeHead(status, { 'content-type': 'application/json', ...headers })
    response.end(body === undefined ? '' : typeof body === 'string' ? body : JSON.stringify(body))
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  return {
    address: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    seen,
    close: () => new Promise((done) => (server.close(() => done()), server.closeAllConnections())),
  }
}

export interface Ran {
  code: number
  out: string
  err: string
}

export interface Setting {
  variables?: Record<string, string>
  input?: string
  terminal?: boolean
}

/** Runs one command line. */
export async function runLine(argv: readonly string[], { variables = {}, input = '', terminal = false }: Setting = {}): Promise<Ran> {
  const ran: Ran = { code: 0, out: '', err: '' }
  ran.code = await run(argv, {
    environment: new Environment(variables),
    terminal,
    interactive: false,
    colour: false,
    out: (text) => void (ran.out += typeof text === 'string' ? text : Buffer.from(text).toString()),
    err: (text) => void (ran.err += text),
    readInput: async () => input,
    input: async function* () {
      yield Buffer.from(input)
    },
    retryWait: 1,
  })
  return ran
}

/** A folder of its own for the test; `line` runs with it as home, against the server. */
export async function withServer(table: Table, body: (line: (words: string[], setting?: Setting) => Promise<Ran>, fake: Fake, home: string) => Promise<void>): Promise<void> {
  const home = await mkdtemp(join(tmpdir(), 'strongroom-cli-'))
  const fake = await fakeServer(table)
  try {
    await body((words, setting = {}) => runLine(words, { ...setting, variables: { HOME: home, VAULT_ADDR: fake.address, VAULT_TOKEN: 'a-token', ...setting.variables } }), fake, home)
  } finally {
    await fake.close()
    await rm(home, { recursive: true })
  }
}

export const secret = (data: unknown, more: object = {}): object => ({ request_id: 'r', lease_id: '', renewable: false, lease_duration: 0, data, wrap_info: null, warnings: null, auth: null, ...more })
export const kvMount = (version: string): object => secret({ path: 'secret/', type: 'kv', options: { version } })
