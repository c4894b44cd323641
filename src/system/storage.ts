// `sys/storage/raft`: snapshots under the paths that Vault's clients know, whatever the storage is.
import { answer } from '../kit/answer.ts'
import { invalid } from '../kit/errors.ts'
import { type Context, type Route, route } from '../kit/route.ts'
import type { NodeFacts } from '../core/seal/node.ts'

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
  route({
    op: 'read',
    path: 'storage/raft/configuration',
    about: 'Lists the nodes over this store.',
    takes: {},
    async run() {
      const nodes = await facts.nodes()
      return { config: { index: 0, servers: nodes.map((node) => ({ node_id: node.hostname, address: node.apiAddress, leader: node.active, protocol_version: '3', voter: true })) } }
    },
  }),
]
