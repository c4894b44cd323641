// What the seal's routes say of the node beside the seal itself.

export interface ClusterNode {
  hostname: string
  apiAddress: string
  clusterAddress: string
  active: boolean
  version: string
  /** ISO 8601; null for the node that answers. */
  lastEcho: string | null
}

export interface NodeFacts {
  version: string
  /** ISO 8601. */
  buildDate: string
  storageType: string
  apiAddress: string
  clusterAddress: string
  /** Whether other nodes may share the storage; every node is active then. */
  haEnabled: boolean
  /** ISO 8601, when this node was last unsealed; null while sealed. */
  activeSince(): string | null
  /** Known once the barrier is open. */
  cluster(): { name: string; id: string } | null
  nodes(): Promise<ClusterNode[]>
}
