// OpenAPI of a set of routes. Pure.
import type { Route } from '../kit/route.ts'

export interface RouteSet {
  /** Path of the mount with a trailing slash. */
  mount: string
  type: string
  routes: readonly Route[]
}

const verbs = { read: 'get', write: 'post', patch: 'patch', delete: 'delete', list: 'get', scan: 'get' } as const

/** `keys/:name` as OpenAPI writes it: `keys/{name}`. */
export const openPath = (path: string): string => path.replace(/:(\w+)[?*]?/g, '{$1}')
const parameterNames = (path: string): string[] => [...path.matchAll(/:(\w+)[?*]?/g)].map((found) => found[1]!)

function operation(set: RouteSet, route: Route): Record<string, unknown> {
  const inPath = new Set(parameterNames(route.path))
  const others = Object.entries(route.takes as Record<string, { about: string; json: object; required?: boolean }>).filter(([name]) => !inPath.has(name))
  const writes = route.op === 'write' || route.op === 'patch'
  const query = writes ? [] : others.map(([name, field]) => ({ name, in: 'query', description: field.about, schema: field.json }))
  const listing = route.op === 'list' || route.op === 'scan' ? [{ name: route.op, in: 'query', required: true, description: 'Must be "true".', schema: { type: 'string', enum: ['true'] } }] : []
  const required = others.filter(([, field]) => field.required).map(([name]) => name)
  return {
    operationId: `${set.type}-${route.op}-${openPath(route.path).replace(/[{}]/g, '').replace(/[^\w]+/g, '-')}`.replace(/-+$/, ''),
    summary: route.about,
    tags: [set.mount.startsWith('auth/') ? 'auth' : set.mount === 'sys/' ? 'system' : set.mount === 'identity/' ? 'identity' : 'secrets'],
    ...(query.length + listing.length > 0 && { parameters: [...query, ...listing] }),
    ...(writes &&
      others.length > 0 && {
        requestBody: { content: { 'application/json': { schema: { type: 'object', properties: Object.fromEntries(others.map(([name, field]) => [name, { ...field.json, description: field.about }])), ...(required.length > 0 && { required }) } } } },
      }),
    responses: { [route.op === 'delete' ? '204' : '200']: { description: 'OK' } },
    ...(route.access === 'open' && { 'x-vault-unauthenticated': true }),
    ...(route.access === 'sudo' && { 'x-vault-sudo': true }),
  }
}

/** An OpenAPI 3.0 document; one path item a template, its operations by verb. */
export function openApi(sets: readonly RouteSet[], version: string): Record<string, unknown> {
  const paths: Record<string, Record<string, unknown>> = {}
  for (const set of sets) {
    for (const route of set.routes) {
      const item = (paths[`/${set.mount}${openPath(route.path)}`] ??= {})
      const verb = verbs[route.op]
      // A path that is read and listed has one GET; the listing's parameters are optional then.
      if (item[verb]) continue
      item.description ??= route.about
      const names = parameterNames(route.path)
      if (names.length > 0) item.parameters ??= names.map((name) => ({ name, in: 'path', required: true, description: route.takes[name]?.about ?? '', schema: route.takes[name]?.json ?? { type: 'string' } }))
      item[verb] = operation(set, route)
    }
  }
  return {
    openapi: '3.0.2',
    info: { title: 'Strongroom API', description: 'Every path of the server, derived from its routes.', version, license: { name: 'Apache-2.0', url: 'https://www.apache.org/licenses/LICENSE-2.0' } },
    paths: Object.fromEntries(Object.entries(paths).sort(([a], [b]) => (a < b ? -1 : 1))),
  }
}
