// Runs an engine's routes against a view in memory, without the gate: what each engine's own tests start from.
import { randomBytes, randomUUID } from 'node:crypto'
import { Answer, type AnswerParts } from '../kit/answer.ts'
import { Fault } from '../kit/errors.ts'
import { parseFields } from '../kit/field.ts'
import type { Caller, Context, Engine, MountInfo, Operation, Outcome, Route } from '../kit/route.ts'
import type { Page } from '../kit/storage.ts'
import type { Decode, Transaction, View } from '../kit/view.ts'

interface Cell {
  bytes: Uint8Array
  version: number
  parsed?: unknown
}

const freeze = <T>(value: T): T => {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) for (const inner of Object.values(Object.freeze(value))) freeze(inner)
  return value
}

const paged = (names: Iterable<string>, page: Page = {}): string[] => {
  const sorted = [...new Set(names)].sort()
  return sorted.filter((name) => page.after === undefined || name > page.after).slice(0, page.limit ?? 1000)
}

const encode = (value: unknown): Uint8Array => Buffer.from(JSON.stringify(value))

/** A view over a map; what `read` returns is frozen, so that a change to a shared object fails the test. */
export function memoryView(cells = new Map<string, Cell>(), prefix = ''): View {
  const parse = <T>(cell: Cell | undefined): T | null => {
    if (!cell) return null
    cell.parsed ??= freeze(JSON.parse(Buffer.from(cell.bytes).toString()))
    return cell.parsed as T
  }
  const decoded = <T>(cell: Cell | undefined, decode?: Decode<T>): T | null => {
    const value = parse<T>(cell)
    return value === null || decode === undefined ? value : freeze(decode(value as never))
  }
  const store = (key: string, bytes: Uint8Array): void => {
    cells.set(key, { bytes, version: (cells.get(key)?.version ?? 0) + 1 })
  }
  const below = (folder: string): string[] =>
    [...cells.keys()].filter((key) => key.startsWith(prefix + folder)).map((key) => key.slice(prefix.length))
  return {
    get: async (key) => cells.get(prefix + key)?.bytes ?? null,
    getSoon: (key) => cells.get(prefix + key)?.bytes ?? null,
    soon: async <T>(key: string, decode?: Decode<T>) => decoded(cells.get(prefix + key), decode),
    read: async <T>(key: string, decode?: Decode<T>) => decoded(cells.get(prefix + key), decode),
    keys: async (folder, page) => paged(below(folder), page),
    children: async (folder, page) =>
      paged(below(folder).map((key) => key.slice(folder.length)).map((key) => (key.includes('/') ? key.slice(0, key.indexOf('/') + 1) : key)), page),
    put: async (key, value) => store(prefix + key, value),
    write: async (key, value) => store(prefix + key, encode(value)),
    delete: async (key) => void cells.delete(prefix + key),
    at: (folder) => memoryView(cells, prefix + folder),
    async update(change) {
      for (let attempt = 0; attempt < 100; attempt++) {
        const seen = new Map<string, number>()
        const writes = new Map<string, Uint8Array | null>()
        const look = (key: string): Cell | undefined => {
          const own = writes.get(prefix + key)
          if (own !== undefined) return own === null ? undefined : { bytes: own, version: 0 }
          const cell = cells.get(prefix + key)
          seen.set(prefix + key, cell?.version ?? 0)
          return cell
        }
        const read = async <T>(key: string, decode?: Decode<T>): Promise<T | null> => decoded(look(key), decode)
        const tx: Transaction = {
          get: async (key) => look(key)?.bytes ?? null,
          read,
          shared: read,
          put: (key, value) => void writes.set(prefix + key, value),
          write: (key, value) => void writes.set(prefix + key, encode(value)),
          share: (key, value) => void writes.set(prefix + key, encode(value)),
          mark: (key) => void writes.set(prefix + key, new Uint8Array(0)),
          delete: (key) => void writes.set(prefix + key, null),
        }
        const result = await change(tx)
        if ([...seen].some(([key, version]) => (cells.get(key)?.version ?? 0) !== version)) continue
        for (const [key, bytes] of writes) {
          if (bytes === null) cells.delete(key)
          else store(key, bytes)
        }
        return result
      }
      throw new Fault('conflict')
    },
  }
}

/** The parameters of `path` under a route's template, or null where it does not match. */
export function matchPath(template: string, path: string): Record<string, string> | null {
  const params: Record<string, string> = {}
  const parts = path === '' ? [] : path.split('/')
  const wanted = template.split('/').filter((part) => part !== '')
  for (const [at, part] of wanted.entries()) {
    const given = parts[at]
    if (part.startsWith(':') && part.endsWith('*')) {
      params[part.slice(1, -1)] = parts.slice(at).join('/')
      return params
    }
    if (given === undefined) return wanted.slice(at).every((rest) => rest.endsWith('?')) ? params : null
    if (!part.startsWith(':')) {
      if (part !== given) return null
    } else params[part.slice(1).replace(/\?$/, '')] = given
  }
  return parts.length > wanted.length ? null : params
}

/** Literal segments before parameters, as the router does. */
function findRoute(routes: readonly Route[], op: Operation, path: string): { route: Route; params: Record<string, string> } | null {
  const weight = (route: Route): string => route.path.split('/').map((part) => (part.startsWith(':') ? (part.endsWith('*') ? '2' : '1') : '0')).join('')
  const found = routes.filter((route) => route.op === op).flatMap((route) => {
    const params = matchPath(route.path, path)
    return params ? [{ route, params }] : []
  })
  return found.sort((a, b) => (weight(a.route) < weight(b.route) ? -1 : 1))[0] ?? null
}

export interface Reply extends AnswerParts {
  status: number
  data: Record<string, any>
  /** What the route's `exists` said, where it has one. */
  existed?: boolean
}

export interface Harness {
  store: View
  context: Context
  /** Runs one request; rejects with the route's Fault, or `no-route` where none answers. */
  call(op: Operation, path: string, body?: Record<string, unknown>): Promise<Reply>
  read(path: string, query?: Record<string, unknown>): Promise<Reply>
  write(path: string, body?: Record<string, unknown>): Promise<Reply>
  list(path: string): Promise<string[]>
  delete(path: string): Promise<Reply>
  /** Moves the clock that routes see. */
  advance(seconds: number): void
  /** Runs every chore of the engine once. */
  chores(): Promise<void>
}

export interface HarnessOptions {
  store?: View
  caller?: Partial<Caller>
  mount?: Partial<MountInfo>
  /** Answers `context.ask`; default: every path is absent. */
  ask?: Context['ask']
}

/** One mount of `engine` over a fresh view. */
export function mount(engine: Engine, options: HarnessOptions = {}): Harness {
  const store = options.store ?? memoryView()
  let drift = 0
  const info: MountInfo = {
    path: `${engine.type}/`, type: engine.type, accessor: `${engine.type}_0`, uuid: randomUUID(),
    namespace: '', options: {}, defaultTtl: 2764800, maxTtl: 2764800, ...options.mount,
  }
  const caller: Caller = {
    displayName: 'token', policies: ['root'], entityId: '', namespace: '', tokenKey: 'key', accessor: 'accessor', metadata: {}, remote: '127.0.0.1',
    ...options.caller,
  }
  const context: Context = {
    store, caller, mount: info, presented: null, body: {}, operation: 'read', signal: new AbortController().signal,
    now: () => Date.now() + drift,
    random: (bytes) => randomBytes(bytes),
    ask: options.ask ?? (async () => { throw new Fault('not-found') }),
  }
  const routes = engine.variant?.(info.options) ?? engine.routes
  const call = async (op: Operation, path: string, body: Record<string, unknown> = {}): Promise<Reply> => {
    const found = findRoute(routes, op, path)
    if (!found) throw new Fault(findRoute(routes, 'read', path) ? 'unsupported' : 'no-route')
    const input = parseFields(found.route.takes, { ...body, ...found.params })
    const own = { ...context, body, operation: op }
    const existed = await found.route.exists?.(own, input)
    const reply = settle(op, await found.route.run(own, input))
    return existed === undefined ? reply : { ...reply, existed }
  }
  return {
    store, context, call,
    read: (path, query) => call('read', path, query),
    write: (path, body) => call('write', path, body),
    list: async (path) => (await call('list', path)).data.keys ?? [],
    delete: (path) => call('delete', path),
    advance: (seconds) => void (drift += seconds * 1000),
    chores: async () => {
      for (const chore of engine.chores ?? []) await chore.run(context)
    },
  }
}

function settle(op: Operation, outcome: Outcome): Reply {
  const seen = op === 'read' || op === 'list' || op === 'scan'
  const wire = (data: unknown): Record<string, any> => JSON.parse(JSON.stringify(data ?? {}))
  if (outcome instanceof Answer) return { ...outcome.parts, status: outcome.parts.status ?? 200, data: wire(outcome.parts.data) }
  if (!outcome) return { status: seen ? 404 : 204, data: {} }
  return { status: 200, data: wire(outcome) }
}
