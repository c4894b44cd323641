// Audit device `http`: batches of lines as newline-delimited JSON by POST. A line counts once the far end has
// answered 2xx; what may pass (5xx, 429, a broken connection) is tried again within the deadline.
import { Agent } from 'node:http'
import { Agent as SecureAgent } from 'node:https'
import { setTimeout as sleep } from 'node:timers/promises'
import { checkHost, send } from '../../clients/outgoing.ts'
import type { AuditType } from '../../kit/audit.ts'
import { Fault, invalid } from '../../kit/errors.ts'
import { deadlineOf, refuseUnknown } from '../options.ts'
import { deviceOver, failure, LineQueue, type Batch } from '../queue.ts'

const name = 'audit http'
const tries = 4
const firstPause = 50
const longestAnswer = 65_536
const everywhere = ['0.0.0.0/0', '::/0']

function parseTarget(uri: string): URL {
  const url = URL.canParse(uri) ? new URL(uri) : null
  if (url === null || (url.protocol !== 'http:' && url.protocol !== 'https:')) throw invalid('uri: expected an http or https address')
  if (url.username !== '' || url.password !== '') throw invalid('uri: credentials belong into headers')
  return url
}

function parseHeaders(text: string): Record<string, string> {
  try {
    const headers = new Headers({ 'content-type': 'application/x-ndjson' })
    for (const [header, value] of Object.entries(JSON.parse(text || '{}') as Record<string, string | string[]>)) {
      headers.delete(header)
      for (const one of [value].flat()) headers.append(header, one)
    }
    return Object.fromEntries(headers)
  } catch {
    throw invalid('headers: expected a JSON object of header values')
  }
}

export const http: AuditType = {
  type: 'http',
  about: 'Posts entries as newline-delimited JSON; `uri`, `headers` (a JSON object), `write_timeout`',
  secrets: ['headers'],
  async open(options, limits) {
    const { uri = '', headers: given = '', write_timeout: timeout, ...rest } = options
    refuseUnknown(rest)
    const url = parseTarget(uri)
    const headers = parseHeaders(given)
    const allowed = limits.networks ?? everywhere
    checkHost(url.hostname.replace(/^\[|\]$/g, ''), allowed)
    const agent = url.protocol === 'https:' ? new SecureAgent({ keepAlive: true }) : new Agent({ keepAlive: true })
    let abort = new AbortController()
    const attempt = async (bytes: Buffer): Promise<'taken' | 'again'> => {
      const { status } = await send(uri, { method: 'POST', headers, body: bytes, agent, allowed, timeout: limits.deadlineMs, maxBytes: longestAnswer, signal: abort.signal })
      if (status >= 200 && status < 300) return 'taken'
      if (status >= 500 || status === 429) return 'again'
      throw failure(name, `the far end answered ${status}`)
    }
    const put = async ({ bytes }: Batch): Promise<void> => {
      abort = new AbortController()
      for (let count = 1; ; count++) {
        const outcome = await attempt(bytes).catch((cause: unknown) => {
          if (!(cause instanceof Fault && cause.code === 'upstream')) throw cause
          if (count < tries) return 'again' as const
          throw failure(name, 'the far end cannot be reached', cause.cause)
        })
        if (outcome === 'taken') return
        if (count === tries) throw failure(name, 'the far end refuses entries')
        await sleep(firstPause * 2 ** (count - 1), undefined, { signal: abort.signal })
      }
    }
    const queue = new LineQueue({ name, deadlineMs: deadlineOf(timeout, limits.deadlineMs), put, expired: () => abort.abort() })
    return deviceOver(queue, 'http', { reopen: () => Promise.resolve(), close: () => queue.drain().finally(() => agent.destroy()) })
  },
}
