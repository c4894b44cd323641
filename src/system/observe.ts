// `sys/metrics`, `sys/monitor`, `sys/pprof`: what the server is doing, for those who operate it.
import { answer } from '../kit/answer.ts'
import { Fault, invalid } from '../kit/errors.ts'
import { choice, integer, text } from '../kit/field.ts'
import { type Route, route } from '../kit/route.ts'

/** What the process around the core lets these routes do. */
export interface ObserveControls {
  /** In Prometheus' text or Vault's JSON. */
  metrics(format: 'prometheus' | 'json'): Promise<{ contentType: string; body: string }>
  /** Lines of the log from now on. */
  tail(level: string, format: string, signal: AbortSignal): AsyncIterable<Uint8Array>
  /** A CPU profile as JSON. */
  profile(seconds: number, signal: AbortSignal): Promise<string>
  /** The program's arguments without their values. */
  commandLine(): string[]
}

const refused: Record<string, string> = {
  heap: 'a heap snapshot would hold secrets in clear',
  allocs: 'a heap profile would hold secrets in clear',
  goroutine: 'this runtime has no goroutines',
  block: 'this runtime has no blocking profile',
  mutex: 'this runtime has no mutexes',
  threadcreate: 'this runtime starts its threads once',
  trace: 'no execution trace is offered: take a CPU profile',
  symbol: 'profiles name their functions',
}

export const observeRoutes = (controls: ObserveControls): Route[] => [
  route({
    op: 'read',
    path: 'metrics',
    about: 'Reads the counters of the server.',
    takes: { format: choice(['prometheus', 'json', ''])({ about: 'prometheus for its text format.', default: 'json' }) },
    run: async (_context, input) => answer({ raw: { status: 200, ...(await controls.metrics(input.format === 'prometheus' ? 'prometheus' : 'json')) } }),
  }),
  route({
    op: 'read',
    path: 'monitor',
    about: 'Streams the log of the process that answers.',
    access: 'sudo',
    takes: {
      log_level: choice(['trace', 'debug', 'info', 'warn', 'error'])({ about: 'Least important lines.', default: 'info' }),
      log_format: choice(['standard', 'json'])({ about: 'How lines look.', default: 'standard' }),
    },
    run: (context, input) => answer({ raw: { status: 200, contentType: 'text/plain; charset=utf-8', body: controls.tail(input.log_level, input.log_format, context.signal) } }),
  }),
  route({
    op: 'read',
    path: 'pprof/cmdline',
    about: 'Reads the arguments of the program, without their values.',
    access: 'sudo',
    takes: {},
    run: () => answer({ raw: { status: 200, contentType: 'text/plain; charset=utf-8', body: controls.commandLine().join('\0') } }),
  }),
  route({
    op: 'read',
    path: 'pprof/profile',
    about: 'Takes a CPU profile of the process that answers (.cpuprofile).',
    access: 'sudo',
    takes: { seconds: integer({ about: 'How long, from 1 to 60.', default: 30 }) },
    async run(context, input) {
      if (input.seconds < 1 || input.seconds > 60) throw invalid('seconds: expected 1 to 60')
      const body = await controls.profile(input.seconds, context.signal)
      return answer({ raw: { status: 200, contentType: 'application/json', body, headers: { 'content-disposition': 'attachment; filename="strongroom.cpuprofile"' } } })
    },
  }),
  route({
    op: 'read',
    path: 'pprof/:kind?',
    about: 'Names the profiles that there are.',
    access: 'sudo',
    takes: { kind: text({ about: 'A profile that Vault offers.' }) },
    run(_context, { kind }) {
      if (kind === undefined || kind === '') return { profiles: ['cmdline', 'profile'] }
      throw new Fault('unsupported', refused[kind] ?? 'no such profile: cmdline and profile are offered')
    },
  }),
]
