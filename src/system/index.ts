// `sys/`: an engine like the others, one file a topic.
import type { Core } from '../core/core.ts'
import type { NodeFacts } from '../core/seal/node.ts'
import type { SealKeeper } from '../core/seal/keeper.ts'
import { Fault } from '../kit/errors.ts'
import type { Engine, Route } from '../kit/route.ts'
import { auditEventRoutes } from './audit-events.ts'
import { auditRoutes } from './audit.ts'
import { catalogRoutes } from './catalog.ts'
import { counterConfigRoutes, counterRoutes } from './counters.ts'
import { eventRoutes } from './events/index.ts'
import { healthRoutes } from './health.ts'
import { inspectRoutes } from './inspect.ts'
import { internalRoutes } from './internal.ts'
import { knownRoutes } from './known/index.ts'
import { leaseRoutes } from './leases.ts'
import { lockoutRoutes } from './lockout.ts'
import { mfaRoutes } from './mfa.ts'
import { mountRoutes } from './mounts.ts'
import { namespaceRoutes } from './namespaces.ts'
import { type NodeControls, nodeRoutes } from './node.ts'
import { type ObserveControls, observeRoutes } from './observe.ts'
import { policyRoutes } from './policies.ts'
import { quotaRoutes } from './quotas.ts'
import { rawRoutes } from './raw.ts'
import { sealRoutes } from './seal.ts'
import { isRoot } from './session.ts'
import { type SnapshotControls, storageRoutes } from './storage.ts'
import { toolRoutes } from './tools.ts'
import { webRoutes } from './web.ts'
import { wrappingRoutes } from './wrapping.ts'

export interface SystemParts {
  core: Core
  keeper: SealKeeper
  facts: NodeFacts
  /** Whether rekey and root generation are answered without a token. */
  unauthenticated: boolean
  controls: NodeControls
  snapshots: SnapshotControls
  observe: ObserveControls
  /** What an operator must ask for in the configuration: access to the store's records, and a look at the router. */
  allowed: { raw: boolean; introspection: boolean }
  /** Aborted when the server stops: ends the streams of events. */
  over: AbortSignal
}

/** What concerns the whole server is answered in the root namespace alone. */
const rootOnly = (routes: Route[]): Route[] =>
  routes.map((route) => ({
    ...route,
    run(context, input) {
      if (context.mount.namespace !== '') throw new Fault('no-route', 'unsupported path')
      return route.run(context, input)
    },
  }))

export function systemEngine({ core, keeper, facts, unauthenticated, controls, snapshots, observe, allowed, over }: SystemParts): Engine {
  return {
    type: 'system',
    about: 'Operates the server',
    routes: [
      ...rootOnly(sealRoutes(keeper, facts, { unauthenticated, isRoot: (context) => isRoot(core, context) })),
      ...healthRoutes(keeper, facts),
      ...rootOnly(auditRoutes(core.audit)),
      ...auditEventRoutes(core.audit),
      ...eventRoutes(core, over),
      ...mountRoutes(core),
      ...policyRoutes(core),
      ...leaseRoutes(core),
      ...lockoutRoutes(core),
      ...mfaRoutes(core),
      ...wrappingRoutes(core),
      ...namespaceRoutes(core),
      ...internalRoutes(core),
      ...rootOnly(inspectRoutes(core, allowed.introspection, facts.version)),
      ...counterRoutes(core),
      ...rootOnly(counterConfigRoutes(core)),
      ...knownRoutes(core),
      ...rootOnly(quotaRoutes(core)),
      ...rootOnly(nodeRoutes(core, facts, controls)),
      ...rootOnly(webRoutes(core)),
      ...catalogRoutes(core),
      ...rootOnly(storageRoutes(snapshots, facts)),
      ...(allowed.raw ? rootOnly(rawRoutes(core)) : []),
      ...rootOnly(observeRoutes(observe)),
      ...toolRoutes,
    ],
  }
}
