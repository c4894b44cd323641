// KV: static secrets, with versions (2) or without (1), chosen by the mount's option `version`.
import { answer } from '../../kit/answer.ts'
import { invalid } from '../../kit/errors.ts'
import { text } from '../../kit/field.ts'
import { type Engine, type Operation, type Route, route } from '../../kit/route.ts'
import { announces } from './announce.ts'
import { copyRoutes } from './copy.ts'
import { dataRoutes } from './data.ts'
import { attributesOf } from './entry.ts'
import { endings, restoreRoute } from './entry-change.ts'
import { metadataRoutes } from './metadata.ts'
import { v1Routes } from './v1.ts'
import { versionRoutes } from './versions.ts'

/** Vault's own words: clients recognise the mistake by them. */
const misdirected = (command: string): string =>
  `Invalid path for a versioned K/V secrets engine. See the API docs for the appropriate API endpoints to use. If using the Vault CLI, use 'vault kv ${command}' for this operation.`

/** Answers version 1 paths on a version 2 mount, the commonest mistake, with a hint. */
const hints: Route[] = Object.entries({ read: 'get', write: 'put', delete: 'delete', list: 'list' } satisfies Partial<Record<Operation, string>>).map(([op, command]) =>
  route({
    op: op as Operation,
    path: ':path*',
    about: 'Explains that this mount keeps versions.',
    free: true,
    takes: { path: text({ about: 'Any other path.', default: '' }) },
    run: () => answer({ warnings: [misdirected(command)], status: 404 }),
  }),
)

const v2Routes: Route[] = [...dataRoutes, ...versionRoutes, ...metadataRoutes, ...copyRoutes, restoreRoute, ...hints]

export const kv: Engine = {
  type: 'kv',
  about: 'Static secrets, with versions or without',
  routes: v1Routes,
  announces,
  lookups: { attributes: attributesOf },
  chores: [endings],
  variant: (options) => (options.version === '2' ? v2Routes : v1Routes),
  check(options) {
    if (options.version !== undefined && !/^[12]?$/.test(options.version)) throw invalid('options.version must be "1" or "2"')
  },
}
