// Finds the route of a path: literal segments before parameters, parameters before the rest of the path.
import type { Operation, Route } from '../kit/route.ts'

interface Node {
  literal: Map<string, Node>
  parameter: { name: string; node: Node } | null
  routes: Partial<Record<Operation, Route>>
  /** `:name*` here takes what is left; its name by operation. */
  rest: Partial<Record<Operation, { name: string; route: Route }>>
}

export interface Match {
  route: Route
  params: Record<string, string>
}

const fresh = (): Node => ({ literal: new Map(), parameter: null, routes: {}, rest: {} })

export class RouteTree {
  readonly #root = fresh()

  /** Throws when two routes claim the same operation and path: that is a mistake of the plugin. */
  constructor(routes: readonly Route[]) {
    for (const route of routes) this.#add(route, route.path.split('/').filter((part) => part !== ''), this.#root)
  }

  #add(route: Route, parts: string[], node: Node): void {
    const [part, ...others] = parts
    if (part === undefined) return void put(node.routes, route, route)
    if (!part.startsWith(':')) {
      const next = node.literal.get(part) ?? fresh()
      node.literal.set(part, next)
      return this.#add(route, others, next)
    }
    if (part.endsWith('*')) return void put(node.rest, route, { name: part.slice(1, -1), route })
    const optional = part.endsWith('?')
    // Optional parts stand at the end: where one is absent, so are those behind it.
    if (optional) this.#add(route, others.filter((other) => !other.endsWith('?')), node)
    const name = part.slice(1, optional ? -1 : undefined)
    node.parameter ??= { name, node: fresh() }
    if (node.parameter.name !== name) throw new Error(`${route.path}: another route calls this place :${node.parameter.name}`)
    this.#add(route, others, node.parameter.node)
  }

  /** The route that answers `operation` at `path` (no leading or trailing slash), or null. */
  find(operation: Operation, path: string): Match | null {
    const params: Record<string, string> = {}
    const route = seek(this.#root, operation, path, path === '' ? end : 0, params)
    return route && { route, params }
  }

  /** Every route that answers at `path` under any operation: tells an unknown path from an unsupported operation. */
  at(path: string): Route[] {
    const operations: Operation[] = ['read', 'write', 'patch', 'delete', 'list', 'scan']
    return operations.flatMap((operation) => this.find(operation, path)?.route ?? [])
  }
}

function put<V>(table: Partial<Record<Operation, V>>, route: Route, value: V): void {
  if (table[route.op]) throw new Error(`two routes answer ${route.op} ${route.path}`)
  table[route.op] = value
}

/** Where a path has no further segment. */
const end = -1

/** `at`: where the next segment begins. */
function seek(node: Node, operation: Operation, path: string, at: number, params: Record<string, string>): Route | null {
  if (at === end) {
    const exact = node.routes[operation]
    if (exact) return exact
    const rest = node.rest[operation]
    if (rest) params[rest.name] = ''
    return rest?.route ?? null
  }
  const slash = path.indexOf('/', at)
  const [part, next] = slash < 0 ? [path.slice(at), end] : [path.slice(at, slash), slash + 1]
  const literal = node.literal.get(part)
  const found = literal && seek(literal, operation, path, next, params)
  if (found) return found
  if (node.parameter) {
    const below = seek(node.parameter.node, operation, path, next, params)
    if (below) {
      params[node.parameter.name] = part
      return below
    }
  }
  const rest = node.rest[operation]
  if (rest) params[rest.name] = path.slice(at)
  return rest?.route ?? null
}

const trees = new WeakMap<readonly Route[], RouteTree>()

/** The tree of a list of routes, built once per list. */
export function treeOf(routes: readonly Route[]): RouteTree {
  let tree = trees.get(routes)
  if (!tree) trees.set(routes, (tree = new RouteTree(routes)))
  return tree
}
