// `sys/health`: for load balancers; its status codes may be chosen by query.
import { bare } from '../kit/answer.ts'
import { boolean, integer } from '../kit/field.ts'
import { type Route, route } from '../kit/route.ts'
import type { SealKeeper } from '../core/seal/keeper.ts'
import type { NodeFacts } from '../core/seal/node.ts'

const code = (about: string, usual: number) => integer({ about, default: usual })

export const healthRoutes = (keeper: SealKeeper, facts: NodeFacts): Route[] => [
  route({
    op: 'read',
    path: 'health',
    about: 'Tells whether this node is initialized and unsealed.',
    access: 'open',
    sealed: true,
    probe: true,
    takes: {
      standbyok: boolean({ about: 'Accepted: every node is active.', default: false }),
      perfstandbyok: boolean({ about: 'Accepted: every node is active.', default: false }),
      activecode: code('Status of an active node.', 200),
      standbycode: code('Status of a standby node; there are none.', 429),
      drsecondarycode: code('Accepted for compatibility.', 472),
      performancestandbycode: code('Accepted for compatibility.', 473),
      sealedcode: code('Status of a sealed node.', 503),
      uninitcode: code('Status of a node that is not initialized.', 501),
    },
    async run(_context, input) {
      const status = await keeper.status()
      const cluster = facts.cluster()
      const body = {
        initialized: status.initialized,
        sealed: status.sealed,
        standby: status.sealed,
        performance_standby: false,
        replication_performance_mode: 'disabled',
        replication_dr_mode: 'disabled',
        server_time_utc: Math.trunc(Date.now() / 1000),
        version: facts.version,
        enterprise: false,
        ...(cluster && { cluster_name: cluster.name, cluster_id: cluster.id }),
      }
      return bare(body, !status.initialized ? input.uninitcode : status.sealed ? input.sealedcode : input.activecode)
    },
  }),
]
