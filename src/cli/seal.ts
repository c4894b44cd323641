// The seal's status, as `status` and `operator unseal` print it.
import type { Output } from './output.ts'

/** Statuses, beside 200, by which `sys/health` tells how the server is; the answer has its body all the same. */
export const healthCodes = [429, 472, 473, 501, 503]

export interface SealStatus {
  type: string
  initialized: boolean
  sealed: boolean
  t: number
  n: number
  progress: number
  nonce: string
  version: string
  build_date: string
  migration: boolean
  cluster_name?: string
  cluster_id?: string
  recovery_seal: boolean
  storage_type: string
  ha_enabled?: boolean
  is_self?: boolean
  leader_address?: string
  leader_cluster_address?: string
  active_time?: string
  warnings?: string[]
}

const order = ['type', 'initialized', 'sealed', 't', 'n', 'progress', 'nonce', 'version', 'build_date', 'migration', 'cluster_name', 'cluster_id', 'recovery_seal', 'storage_type', 'ha_enabled', 'is_self', 'active_time', 'leader_address', 'leader_cluster_address']

export async function printSeal(out: Output, status: SealStatus): Promise<number> {
  if (!out.isTable) return out.structured(new Map(order.filter((name) => name in status).map((name) => [name, status[name as keyof SealStatus]])))
  const kind = status.recovery_seal ? 'Recovery ' : ''
  const rows: string[][] = [
    [`${kind}Seal Type`, status.type],
    ['Initialized', String(status.initialized)],
    ['Sealed', String(status.sealed)],
    [`Total ${kind}Shares`, String(status.n)],
    ['Threshold', String(status.t)],
  ]
  if (status.sealed) rows.push(['Unseal Progress', `${status.progress}/${status.t}`], ['Unseal Nonce', status.nonce])
  if (status.migration) rows.push(['Seal Migration in Progress', 'true'])
  rows.push(['Version', status.version ?? ''], ['Build Date', status.build_date ?? ''], ['Storage Type', status.storage_type ?? ''])
  if (status.cluster_name && status.cluster_id) rows.push(['Cluster Name', status.cluster_name], ['Cluster ID', status.cluster_id])
  rows.push(['HA Enabled', String(status.ha_enabled ?? false)], ...clusterRows(status))
  if (status.warnings?.length) rows.push(['Warnings', `[${status.warnings.join(' ')}]`])
  out.rows(['Key', 'Value'], rows)
  return 0
}

function clusterRows(status: SealStatus): string[][] {
  if (!status.ha_enabled) return []
  if (status.sealed) return [['HA Mode', 'sealed']]
  const rows = [
    ['HA Cluster', status.leader_cluster_address ?? ''],
    ['HA Mode', status.is_self ? 'active' : 'standby'],
  ]
  if (!status.is_self) rows.push(['Active Node Address', status.leader_address || '<none>'])
  else if (status.active_time && !status.active_time.startsWith('0001-')) rows.push(['Active Since', status.active_time])
  return rows
}
