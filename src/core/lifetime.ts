// How long a token lives: what is wished for, cut to what its mount, its method and it itself allow. Vault's `CalculateTTL`.
import { formatDuration } from '../kit/duration.ts'
import type { MountInfo } from '../kit/route.ts'

/** Seconds; 0 or absent: nothing said. */
export interface Wish {
  ttl?: number | undefined
  /** Time that each renewal gives, without an end. */
  period?: number | undefined
  /** The most that renewals may reach, as the login method has it. */
  maxTtl?: number | undefined
  explicitMaxTtl?: number | undefined
}

export interface Lifetime {
  ttl: number
  period: number
  /** The most that renewals may reach; 0 where a period says how long each is. */
  maxTtl: number
  /** What the client is told where its wish was cut. */
  warnings: string[]
}

/** Seconds that a token of this mount gets of a wish. */
export function lifetimeOf(wish: Wish, mount: Pick<MountInfo, 'defaultTtl' | 'maxTtl'>): Lifetime {
  const warnings: string[] = []
  const cut = (noun: string, wanted: number, most: number): number => {
    if (wanted <= most) return wanted
    warnings.push(`${noun} of "${formatDuration(wanted)}" exceeded the effective max_ttl of "${formatDuration(most)}"; ${noun} value is capped accordingly`)
    return most
  }
  const explicit = wish.explicitMaxTtl || Infinity
  if (wish.period) {
    const period = cut('period', wish.period, mount.maxTtl)
    return { ttl: cut('TTL', period, explicit), period, maxTtl: 0, warnings }
  }
  const maxTtl = Math.min(wish.maxTtl || mount.maxTtl, mount.maxTtl)
  return { ttl: cut('TTL', wish.ttl || mount.defaultTtl, Math.min(maxTtl, explicit)), period: 0, maxTtl, warnings }
}
