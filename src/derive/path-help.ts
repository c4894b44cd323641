// The help of a path: what it does, which operations and fields it has. Pure.
import type { Route } from '../kit/route.ts'

/** Text for `?help=1` at a path, from the routes that answer there; with none, the list of the mount's paths. */
export function pathHelp(path: string, at: readonly Route[], all: readonly Route[]): string {
  if (at.length === 0) {
    const paths = [...new Map(all.map((route) => [route.path, route])).values()]
    return ['## PATHS', '', ...paths.flatMap((route) => [`    ${route.path}`, `        ${route.about}`, ''])].join('\n')
  }
  const [first] = at
  const fields = new Map(at.flatMap((route) => Object.entries(route.takes as Record<string, { about: string; json: { type?: unknown } }>)))
  return [
    `Request:        ${path}`,
    `Matching Route: ${first!.path}`,
    '',
    first!.about,
    '',
    '## OPERATIONS',
    '',
    ...at.map((route) => `    ${route.op.padEnd(8)}${route.about}${route.access === 'sudo' ? ' (needs sudo)' : route.access === 'open' ? ' (no token needed)' : ''}`),
    '',
    ...(fields.size > 0 ? ['## PARAMETERS', '', ...[...fields].flatMap(([name, field]) => [`    ${name} (${String(field.json.type ?? 'any')})`, '', `        ${field.about}`, '']) ] : []),
  ].join('\n')
}
