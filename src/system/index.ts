// `sys/`: an engine like the others, one file a topic.
import type { Core } from '../core/core.ts'
import type { NodeFacts } from '../core/seal/node.ts'
import type { SealKeeper } from '../core/seal/keeper.ts'
import type { Engine } from '../kit/route.ts'
import { mountRoutes } from './mounts.ts'
import { sealRoutes } from './seal.ts'
import { healthRoutes } from './health.ts'

export interface SystemParts {
  core: Core
  keeper: SealKeeper
  facts: NodeFacts
  /** Whether rekey and root generation are answered without a token. */
  unauthenticated: boolean
}

export function systemEngine({ core, keeper, facts, unauthenticated }: SystemParts): Engine {
  return {
    type: 'system',
    about: 'Operates the server',
    routes: [...sealRoutes(keeper, facts, { unauthenticated }), ...healthRoutes(keeper, facts), ...mountRoutes(core)],
  }
}
