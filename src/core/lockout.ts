// User lockout: after some failed logins in a row a name is refused for a while, whether such a user exists or not.
// State is shared through the store and bounded: each mount has a fixed number of buckets, each holds a few names.
import { hash } from 'node:crypto'
import { Answer } from '../kit/answer.ts'
import { parseDuration } from '../kit/duration.ts'
import { Fault } from '../kit/errors.ts'
import type { AuthMethod, Outcome, Route } from '../kit/route.ts'
import type { View } from '../kit/view.ts'
import type { Mount } from './mounts.ts'

export interface LockoutSettings {
  /** Failures in a row that lock. */
  threshold: number
  /** Seconds that a lock lasts. */
  duration: number
  /** Seconds without a failure after which the count begins anew. */
  reset: number
  disabled: boolean
}

interface Failed {
  name: string
  count: number
  /** Seconds since 1970. */
  last: number
}

const defaults: LockoutSettings = { threshold: 5, duration: 900, reset: 900, disabled: false }
const buckets = 1024
const namesPerBucket = 64
/** Names whose bucket is kept at hand, where they have at most so many characters. */
const remembered = 1000
const longestRemembered = 100
const refusals = new Set(['invalid', 'denied', 'unauthenticated'])

/** Settings of a `user_lockout` stanza or of a mount's tuning, over those given. */
export function overlayLockout(base: LockoutSettings, raw: Record<string, unknown> | undefined): LockoutSettings {
  if (!raw) return base
  const seconds = (name: string, present: number): number => (raw[name] === undefined ? present : parseDuration(raw[name], name))
  const disabled = raw.lockout_disable ?? raw.disable_lockout
  return {
    threshold: raw.lockout_threshold === undefined ? base.threshold : Number(raw.lockout_threshold),
    duration: seconds('lockout_duration', base.duration),
    reset: seconds('lockout_counter_reset_duration', seconds('lockout_counter_reset', base.reset)),
    disabled: disabled === undefined ? base.disabled : disabled === true || disabled === 'true',
  }
}

export class Lockout {
  readonly #view: View
  readonly #now: () => number
  #turn: Promise<void> = Promise.resolve()
  readonly #buckets = new Map<string, string>()
  /** By type of method, and under `all`: what the server's configuration says. */
  configured: Record<string, Record<string, unknown>> = {}

  constructor(view: View, now: () => number) {
    this.#view = view
    this.#now = now
  }

  settings(mount: Mount): LockoutSettings {
    const { type, config } = mount.record
    return overlayLockout(overlayLockout(overlayLockout(defaults, this.configured.all), this.configured[type]), config.userLockout)
  }

  /** Runs a route; where it is a login of a known name, refuses while that is locked, and counts how it went. */
  watch(mount: Mount, route: Route, input: Record<string, unknown>, run: () => Outcome | Promise<Outcome>): Outcome | Promise<Outcome> {
    const method = mount.engine as AuthMethod
    if (!method.loginName || route.access !== 'open' || route.op !== 'write') return run()
    const name = method.loginName(input)
    const settings = this.settings(mount)
    return name === undefined || settings.disabled || !(settings.threshold > 0) ? run() : this.#guard(mount, name, settings, run)
  }

  async #guard(mount: Mount, name: string, settings: LockoutSettings, run: () => Outcome | Promise<Outcome>): Promise<Outcome> {
    const present = await this.#find(mount, name)
    if (present && this.#locked(present, settings)) throw new Fault('denied')
    try {
      const outcome = await run()
      if (outcome instanceof Answer && outcome.parts.grant) await this.#passed(mount, name, settings)
      return outcome
    } catch (cause) {
      if (cause instanceof Fault && refusals.has(cause.code)) {
        // One after the other: a burst of failures must not compete for the same bucket.
        this.#turn = this.#turn.catch(() => {}).then(() => this.#count(mount, name, settings))
        await this.#turn
      }
      throw cause
    }
  }

  /** Of many attempts at once, those that end after the name was locked are refused, the right one too. */
  async #passed(mount: Mount, name: string, settings: LockoutSettings): Promise<void> {
    const present = await this.#find(mount, name)
    if (!present) return
    if (this.#locked(present, settings)) throw new Fault('denied')
    await this.unlock(mount, name)
  }

  #seconds(): number {
    return Math.trunc(this.#now() / 1000)
  }

  #key(mount: Mount, name: string): string {
    return `${mount.record.accessor}/${this.#buckets.get(name) ?? this.#bucketOf(name)}`
  }

  #bucketOf(name: string): string {
    const bucket = String(Number.parseInt(hash('sha256', name, 'hex').slice(0, 8), 16) % buckets).padStart(4, '0')
    if (this.#buckets.size >= remembered) this.#buckets.clear()
    if (name.length <= longestRemembered) this.#buckets.set(name, bucket)
    return bucket
  }

  async #find(mount: Mount, name: string): Promise<Failed | undefined> {
    return (await this.#view.read<Failed[]>(this.#key(mount, name)))?.find((one) => one.name === name)
  }

  #locked(failed: Failed, settings: LockoutSettings): boolean {
    return failed.count >= settings.threshold && this.#seconds() < failed.last + settings.duration
  }

  async #count(mount: Mount, name: string, settings: LockoutSettings): Promise<void> {
    const key = this.#key(mount, name)
    await this.#view.update(async (tx) => {
      const now = this.#seconds()
      const current = ((await tx.read<Failed[]>(key)) ?? []).filter((one) => now < one.last + Math.max(settings.duration, settings.reset))
      const present = current.find((one) => one.name === name)
      const ended = !present || now >= present.last + settings.reset || (present.count >= settings.threshold && !this.#locked(present, settings))
      const others = current.filter((one) => one.name !== name)
      // A full bucket forgets whom it knows least of.
      others.sort((a, b) => b.count - a.count || b.last - a.last)
      tx.write(key, [...others.slice(0, namesPerBucket - 1), { name, count: ended ? 1 : present.count + 1, last: now }])
    })
  }

  /** Forgets the failures of a name. */
  async unlock(mount: Mount, name: string): Promise<void> {
    const key = this.#key(mount, name)
    await this.#view.update(async (tx) => {
      const present = await tx.read<Failed[]>(key)
      const left = present?.filter((one) => one.name !== name)
      if (!present || left!.length === present.length) return
      if (left!.length === 0) tx.delete(key)
      else tx.write(key, left)
    })
  }

  /** Names of a mount that are locked now, in order. */
  async locked(mount: Mount): Promise<string[]> {
    const settings = this.settings(mount)
    const names: string[] = []
    for (const key of await this.#view.keys(`${mount.record.accessor}/`, { limit: buckets })) {
      for (const one of (await this.#view.read<Failed[]>(key)) ?? []) if (this.#locked(one, settings)) names.push(one.name)
    }
    return names.sort()
  }
}
