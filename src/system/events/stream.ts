// `sys/events/subscribe`: events as they happen, as server-sent events. Whoever listens sees the changes of those secrets
// that he may read at that moment; the stream ends with its token, with its client, or with the server.
// https://html.spec.whatwg.org/multipage/server-sent-events.html
import type { Core } from '../../core/core.ts'
import { type SecretEvent, wants } from '../../core/events.ts'
import { answer } from '../../kit/answer.ts'
import { Fault, invalid } from '../../kit/errors.ts'
import { list, text } from '../../kit/field.ts'
import { type Context, type Route, route } from '../../kit/route.ts'

/** Milliseconds between two looks at what other processes wrote. */
const lookEvery = 250
/** Milliseconds after which a silent stream says that it lives. */
const silence = 15_000
const mostWaiting = 10_000

/** Whether who listens may read the value at `path` now; throws where the token has ended. */
async function mayRead(core: Core, context: Context, path: string): Promise<boolean> {
  const { tokenKey } = context.caller
  const token = context.presented !== null ? await core.tokens.lookup(context.presented) : tokenKey !== null ? await core.tokens.byKey(tokenKey) : null
  if (!token) throw new Fault('unauthenticated')
  const { acl } = await core.gate.session(token)
  return acl.capabilities(path).some((one) => one === 'read' || one === 'root')
}

const render = (event: SecretEvent): string => `id: ${event.id}\nevent: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`

interface Filter {
  types: string[]
  prefixes: string[]
}

/** Ids of events from now on, in the order in which they become known, each once; null: look whether it is time to say something. */
async function* arrivals(core: Core, after: string, signal: AbortSignal): AsyncGenerator<string | null> {
  let waiting: string[] = []
  let missed = after !== ''
  let last = after
  const seen = new Set<string>()
  let wake: () => void = () => {}
  const stop = core.events.watch((ids) => {
    if (ids === null || waiting.length + ids.length > mostWaiting) missed = true
    else waiting.push(...ids)
    wake()
  })
  const ended = (): void => wake()
  signal.addEventListener('abort', ended)
  try {
    while (!signal.aborted) {
      await core.events.listen()
      await core.refresh()
      if (missed) {
        missed = false
        waiting = [...(await core.events.since(last)), ...waiting]
      }
      const taken = waiting
      waiting = []
      for (const id of taken) {
        if (seen.has(id)) continue
        seen.add(id)
        if (seen.size > 2 * mostWaiting) seen.delete(seen.values().next().value!)
        if (id > last) last = id
        yield id
      }
      yield null
      if (waiting.length === 0 && !signal.aborted) await new Promise<void>((resolve) => setTimeout((wake = resolve), lookEvery))
    }
  } finally {
    stop()
    signal.removeEventListener('abort', ended)
  }
}

async function* stream(core: Core, context: Context, filter: Filter, after: string, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  const namespace = context.mount.namespace
  let spoke = 0
  try {
    for await (const id of arrivals(core, after, signal)) {
      const event = id === null ? null : await core.events.read(id)
      if (event && event.namespace === namespace && wants(filter, event) && (await mayRead(core, context, namespace + event.path))) {
        spoke = Date.now()
        yield Buffer.from(render(event))
      } else if (id === null && Date.now() - spoke > silence) {
        await mayRead(core, context, '')
        yield Buffer.from(spoke === 0 ? ': listening\n\n' : ': still here\n\n')
        spoke = Date.now()
      }
    }
  } catch (cause) {
    // The end of its token, or the seal, is the end of the stream.
    if (!(cause instanceof Fault)) throw cause
  }
}

export const streamRoutes = (core: Core, over: AbortSignal): Route[] => [
  route({
    op: 'read',
    path: 'events/subscribe/:type*',
    about: 'Streams changes of secrets that the caller may read, as they happen (server-sent events).',
    takes: {
      type: text({ about: 'Types with * for any text, such as secret.rotated or secret.*; none: all.', default: '' }),
      prefixes: list({ about: 'Paths that events must begin with, such as secret/data/app/.', default: [] }),
      after: text({ about: 'Begin after the event of this id, as far as events are kept.', default: '' }),
    },
    async run(context, input) {
      if (input.after !== '' && !/^\d{15}-[0-9a-f]{16}$/.test(input.after)) throw invalid('after: not the id of an event')
      const filter = { types: input.type === '' ? [] : [input.type], prefixes: input.prefixes }
      // Before the answer begins, so that no change after it is missed.
      await core.events.listen()
      const body = stream(core, context, filter, input.after, AbortSignal.any([context.signal, over]))
      return answer({ raw: { status: 200, contentType: 'text/event-stream', headers: { 'cache-control': 'no-store', 'x-accel-buffering': 'no' }, body } })
    },
  }),
]
