// The agent's listener: passes requests on to the server, from loopback alone, with the agent's token where one has none.
// Nothing is cached: every answer is the server's own.
import { type IncomingMessage, type Server, type ServerResponse, createServer } from 'node:http'
import { pipeline } from 'node:stream/promises'
import { Readable } from 'node:stream'
import type { Client, Transport } from '../sdk/index.ts'
import type { ProxyConfig } from './config.ts'

const largest = 32 * 1024 * 1024
/** Between two hops only (RFC 9110, section 7.6.1). */
const hopByHop = new Set(['connection', 'keep-alive', 'proxy-connection', 'te', 'trailer', 'transfer-encoding', 'upgrade', 'host', 'content-length'])

export interface ProxyParts {
  client: Client
  transport: Transport
  /** Whether the agent's token is added. */
  useToken: boolean
}

/** Listens; resolves to the server, which the caller closes. */
export function listenProxy(config: ProxyConfig, parts: ProxyParts): Promise<Server> {
  const server = createServer((message, response) => void pass(message, response, config, parts).catch(() => (response.headersSent ? response.destroy() : refuse(response, 502, 'the server cannot be reached'))))
  const at = config.address.lastIndexOf(':')
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen({ host: config.address.slice(0, at).replace(/^\[|\]$/g, ''), port: Number(config.address.slice(at + 1)) }, () => resolve(server))
  })
}

function refuse(response: ServerResponse, status: number, why: string): void {
  response.writeHead(status, { 'content-type': 'application/json', connection: 'close' }).end(`${JSON.stringify({ errors: [why] })}\n`)
}

async function pass(message: IncomingMessage, response: ServerResponse, config: ProxyConfig, { client, transport, useToken }: ProxyParts): Promise<void> {
  // What browsers can be made to send from another page lacks this header.
  if (config.require_request_header && message.headers['x-vault-request'] !== 'true') return refuse(response, 412, 'missing "X-Vault-Request" header')
  if (!message.url?.startsWith('/v1/')) return refuse(response, 404, 'not found')
  const body = await readBody(message)
  if (body === null) return refuse(response, 413, 'request body too large')
  const headers: Record<string, string> = {}
  for (const [name, value] of Object.entries(message.headers)) if (!hopByHop.has(name) && value !== undefined) headers[name] = [value].flat().join(', ')
  if (useToken && headers['x-vault-token'] === undefined && headers.authorization === undefined && client.token) headers['x-vault-token'] = client.token
  if (client.namespace && headers['x-vault-namespace'] === undefined) headers['x-vault-namespace'] = client.namespace
  const answer = await transport({ method: message.method!, url: `${client.address}${message.url}`, headers, ...(body.length > 0 && { body }), timeout: 90_000 })
  const type = answer.header('content-type')
  response.writeHead(answer.status, { 'cache-control': 'no-store', ...(type !== undefined && { 'content-type': type }) })
  await pipeline(Readable.from(answer.stream()), response)
}

async function readBody(message: IncomingMessage): Promise<Buffer | null> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of message) {
    size += (chunk as Buffer).length
    if (size > largest) return null
    chunks.push(chunk as Buffer)
  }
  return Buffer.concat(chunks)
}
