import assert from 'node:assert/strict'
import { test } from 'node:test'
import { lifetimeOf } from './lifetime.ts'

const mount = { defaultTtl: 7200, maxTtl: 36_000 }
const hour = 3600

test('a wish is cut to the least of what mount, method and token allow, and whoever wished is told', () => {
  for (const [wish, ttl, period, maxTtl, told] of [
    [{}, 7200, 0, 36_000, []],
    [{ ttl: hour }, hour, 0, 36_000, []],
    [{ ttl: 99 * hour }, 36_000, 0, 36_000, ['TTL of "99h0m0s" exceeded the effective max_ttl of "10h0m0s"; TTL value is capped accordingly']],
    [{ ttl: 3 * hour, maxTtl: hour }, hour, 0, hour, ['TTL of "3h0m0s" exceeded the effective max_ttl of "1h0m0s"; TTL value is capped accordingly']],
    [{ maxTtl: 99 * hour }, 7200, 0, 36_000, []],
    [{ explicitMaxTtl: hour }, hour, 0, 36_000, ['TTL of "2h0m0s" exceeded the effective max_ttl of "1h0m0s"; TTL value is capped accordingly']],
    [{ period: hour }, hour, hour, 0, []],
    [{ period: 99 * hour }, 36_000, 36_000, 0, ['period of "99h0m0s" exceeded the effective max_ttl of "10h0m0s"; period value is capped accordingly']],
    [{ period: 2 * hour, explicitMaxTtl: hour }, hour, 2 * hour, 0, ['TTL of "2h0m0s" exceeded the effective max_ttl of "1h0m0s"; TTL value is capped accordingly']],
  ] as const) assert.deepEqual(lifetimeOf(wish, mount), { ttl, period, maxTtl, warnings: told }, JSON.stringify(wish))
})
