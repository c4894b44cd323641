// The agent's own token: logged in, kept alive, replaced when it ends; and written to the sinks.
import { type Auth, ApiError, type Client } from '../sdk/index.ts'
import type { AgentConfig, MethodConfig, SinkConfig } from './config.ts'
import { replaceFile } from './file.ts'
import { logIn } from './login.ts'
import { pause } from './pause.ts'
import type { Report } from './rendering.ts'

export interface SessionParts {
  client: Client
  method: MethodConfig
  sinks: AgentConfig['sinks']
  report: Report
  /** Told after each login, when the client has the token and the sinks are written. */
  loggedIn(): void
}

/** Keeps a token until the signal aborts. Rejects where `exit_on_err` is set and a login fails, or a sink cannot be written. */
export async function keepToken(parts: SessionParts, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    const auth = await patiently(parts, signal)
    if (!auth) return
    parts.client.token = auth.client_token
    for (const sink of parts.sinks) await writeSink(parts.client, sink, auth.client_token)
    parts.report('info', 'logged in')
    parts.loggedIn()
    await renewUntilEnd(parts, auth, signal)
  }
}

async function patiently({ client, method, report }: SessionParts, signal: AbortSignal): Promise<Auth | null> {
  for (let wait = method.min_backoff; !signal.aborted; wait = Math.min(wait * 2, method.max_backoff)) {
    try {
      return await logIn(client, method)
    } catch (cause) {
      report('error', `login failed: ${(cause as Error).message}`)
      if (method.exit_on_err) throw cause
      await pause(wait * 1000 * (0.75 + Math.random() / 4), signal)
    }
  }
  return null
}

async function renewUntilEnd({ client, report }: SessionParts, auth: Auth, signal: AbortSignal): Promise<void> {
  const first = auth.lease_duration
  if (first === 0) return untilAborted(signal)
  for (let left = first; !signal.aborted; ) {
    await pause(left * 1000 * (auth.renewable ? 0.6 + Math.random() / 15 : 0.85), signal)
    if (!auth.renewable || signal.aborted) return
    try {
      left = (await client.write('auth/token/renew-self', {}))?.auth?.lease_duration ?? 0
      // Near its longest life a token is extended by ever less: time for another.
      if (left * 3 < first) return
    } catch (cause) {
      report('warn', `the token could not be renewed: ${cause instanceof ApiError ? cause.message : (cause as Error).message}`)
      return
    }
  }
}

/** A token that never ends needs nothing. */
async function untilAborted(signal: AbortSignal): Promise<void> {
  while (!signal.aborted) await pause(Infinity, signal)
}

async function writeSink(client: Client, sink: SinkConfig, token: string): Promise<void> {
  const content = sink.wrap_ttl === undefined ? token : JSON.stringify((await client.with({ wrapTtl: sink.wrap_ttl }).write('sys/wrapping/wrap', { token }))?.wrap_info)
  replaceFile(sink.path, content, { mode: Number.parseInt(sink.mode, 8), uid: sink.owner, gid: sink.group })
}
