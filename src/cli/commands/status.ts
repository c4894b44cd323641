// strongroom status
import type { Client } from '../api.ts'
import { command } from '../command.ts'
import { describe } from '../failure.ts'
import { printSeal } from '../seal.ts'
import type { SealStatus } from '../seal.ts'

/** The seal's status, with what the cluster says when there is one. */
async function look(client: Client): Promise<SealStatus> {
  const status = (await client.json<SealStatus>('GET', 'sys/seal-status'))!
  const leader = await client.json<SealStatus>('GET', 'sys/leader').catch(() => null)
  return { ...status, ...(leader && { ha_enabled: leader.ha_enabled, is_self: leader.is_self, leader_address: leader.leader_address, leader_cluster_address: leader.leader_cluster_address, active_time: leader.active_time }) }
}

export const commands = [
  command({
    name: 'status',
    about: 'Print seal and HA status',
    arity: [0, 0],
    detail: 'The exit code says it too: 0 unsealed, 1 an error, 2 sealed.',
    async run({ out, client }) {
      let status: SealStatus
      try {
        status = await look(client.with({ retries: 0 }))
      } catch (error) {
        return out.fail(`Error checking seal status: ${describe(error, client.namespace)}`, 1)
      }
      const code = out.field === undefined ? await printSeal(out, status) : await out.pick({ ...status }, out.field)
      return code === 0 && status.sealed ? 2 : code
    },
  }),
]
