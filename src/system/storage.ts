// `sys/storage/raft`: snapshots under the paths that Vault's clients know, whatever the storage is.
import { answer } from '../kit/answer.ts'
import { Fault, invalid } from '../kit/errors.ts'
import { type Context, type Operation, type Route, route } from '../kit/route.ts'
import type { ClusterNode, NodeFacts } from '../core/seal/node.ts'

/** What the process around the core lets these routes do. */
export interface SnapshotControls {
  save(): AsyncIterable<Uint8Array>
  restore(source: AsyncIterable<Uint8Array>, force: boolean): Promise<void>
  verify(source: AsyncIterable<Uint8Array>): Promise<object>
}

const uploadOf = ({ upload }: Context): AsyncIterable<Uint8Array> => {
  if (!upload) throw invalid('the snapshot is expected as the body of the request')
  return upload
}

export const storageRoutes = (snapshots: SnapshotControls, facts: NodeFacts): Route[] => [
  route({
    op: 'read',
    path: 'storage/raft/snapshot',
    about: 'Gives a consistent copy of the whole store, sealed as it lies.',
    takes: {},
    run: () => answer({ raw: { status: 200, contentType: 'application/gzip', body: snapshots.save() } }),
  }),
  route({
    op: 'write',
    path: 'storage/raft/snapshot',
    about: 'Replaces the store by a snapshot of its own.',
    takes: {},
    run: (context) => snapshots.restore(uploadOf(context), false),
  }),
  route({
    op: 'write',
    path: 'storage/raft/snapshot-force',
    about: 'Replaces the store by a snapshot that may have been made under other keys; the server seals unless its seal opens it.',
    access: 'sudo',
    takes: {},
    run: (context) => snapshots.restore(uploadOf(context), true),
  }),
  route({
    op: 'write',
    path: 'storage/raft/snapshot-verify',
    about: 'Restores a snapshot into an empty store beside this one, opens every record, and tells what it found.',
    takes: {},
    run: async (context) => ({ ...(await snapshots.verify(uploadOf(context))) }),
  }),
  ...peerRoutes(facts),
]

/** Each node answers by itself and votes on nothing; clients that ask for Raft's peers see them all as voters. */
const peerRoutes = (facts: NodeFacts): Route[] => [
  route({
    op: 'read',
    path: 'storage/raft/configuration',
    about: 'Lists the nodes over this store.',
    takes: {},
    async run() {
      const servers = (await facts.nodes()).map((node) => ({ node_id: node.hostname, address: node.apiAddress, leader: node.active, protocol_version: '3', voter: true }))
      return { config: { index: 0, servers } }
    },
  }),
  route({
    op: 'read',
    path: 'storage/raft/autopilot/state',
    about: 'Tells how the nodes over this store are.',
    takes: {},
    async run() {
      const nodes = await facts.nodes()
      const names = nodes.map((node) => node.hostname)
      return {
        healthy: nodes.length > 0, failure_tolerance: Math.max(nodes.length - 1, 0), leader: nodes.find((node) => node.active)?.hostname ?? '', voters: names,
        optimistic_failure_tolerance: Math.max(nodes.length - 1, 0), servers: Object.fromEntries(nodes.map((node) => [node.hostname, peerOf(node)])),
      }
    },
  }),
  route({
    op: 'read',
    path: 'storage/raft/autopilot/configuration',
    about: 'Tells that nothing is decided about nodes by itself.',
    takes: {},
    run: () => ({
      cleanup_dead_servers: false, last_contact_threshold: '10s', dead_server_last_contact_threshold: '24h0m0s', max_trailing_logs: 0, min_quorum: 0,
      server_stabilization_time: '0s', disable_upgrade_migration: true,
    }),
  }),
  ...refusals.map(([op, path, why]) =>
    route({
      op,
      path: `storage/raft/${path}`,
      about: 'Refused: the nodes over this store form no Raft cluster.',
      access: 'sudo',
      takes: {},
      run() {
        throw new Fault('unsupported', why)
      },
    }),
  ),
]

const byConfiguration = 'nodes are not joined or removed: every server that is configured with the same storage answers, and one that is stopped is gone'
const refusals: [Operation, string, string][] = [
  ['write', 'autopilot/configuration', 'there is no autopilot: the nodes do not depend on each other'],
  ['write', 'bootstrap/challenge', byConfiguration],
  ['write', 'bootstrap/answer', byConfiguration],
  ['write', 'join', byConfiguration],
  ['write', 'remove-peer', byConfiguration],
  ['write', 'promote', 'every node is active: none is promoted or demoted'],
  ['write', 'demote', 'every node is active: none is promoted or demoted'],
]

const peerOf = (node: ClusterNode): Record<string, unknown> => ({
  id: node.hostname, name: node.hostname, address: node.apiAddress, node_status: 'alive', status: node.active ? 'leader' : 'voter', node_type: 'voter',
  healthy: true, last_contact: '0s', last_term: 0, last_index: 0, version: node.version,
})
