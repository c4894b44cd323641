// How the agent's requests travel: node:http with the authorities and certificates of its configuration.
import { readFileSync } from 'node:fs'
import { Agent as PlainAgent, type IncomingMessage, request as plainRequest } from 'node:http'
import { Agent as TlsAgent, request as tlsRequest } from 'node:https'
import type { Transport } from '../sdk/index.ts'
import type { AgentConfig } from './config.ts'

const largest = 64 * 1024 * 1024

/** Where requests go and with which TLS; files are read once. */
export function agentTransport(vault: AgentConfig['vault']): Transport {
  const tls = {
    minVersion: 'TLSv1.2' as const,
    rejectUnauthorized: !vault.tls_skip_verify,
    ...(vault.ca_cert !== undefined && { ca: readFileSync(vault.ca_cert) }),
    ...(vault.client_cert !== undefined && { cert: readFileSync(vault.client_cert) }),
    ...(vault.client_key !== undefined && { key: readFileSync(vault.client_key) }),
    ...(vault.tls_server_name !== undefined && { servername: vault.tls_server_name }),
  }
  const agents = { 'http:': new PlainAgent({ keepAlive: true }), 'https:': new TlsAgent({ keepAlive: true, ...tls }) }
  return ({ method, url, headers, body, timeout }) =>
    new Promise((resolve, reject) => {
      const target = new URL(url)
      const secure = target.protocol === 'https:'
      const length = body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body)) }
      const options = { method, headers: { ...headers, ...length }, timeout, agent: secure ? agents['https:'] : agents['http:'] }
      const sent = (secure ? tlsRequest : plainRequest)(target, options, (message) => resolve({
        status: message.statusCode ?? 0,
        header: (name) => [message.headers[name] ?? []].flat()[0],
        text: () => textOf(message),
        stream: () => message,
      }))
      sent.on('timeout', () => sent.destroy(new Error(`no answer within ${timeout / 1000} seconds`)))
      sent.on('error', reject)
      sent.end(body)
    })
}

async function textOf(message: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of message) {
    size += (chunk as Buffer).length
    if (size > largest) throw new Error('the answer of the server is too large')
    chunks.push(chunk as Buffer)
  }
  return Buffer.concat(chunks).toString()
}
