// Sends events to those who subscribed: what is due, oldest first, each subscription for itself; tried again with growing
// pauses, then given up. What was taken but not noted as such is sent again under the same id.
import { send } from '../../clients/outgoing.ts'
import type { Core } from '../../core/core.ts'
import { type Pending, type Subscription, dueKey, subscriptionId } from '../../core/events.ts'
import { Fault } from '../../kit/errors.ts'
import { messageOf } from './shapes.ts'

/** Seconds from one attempt to the next; after the last the event is given up. */
const pauses = [5, 15, 60, 240, 900, 3600, 7200]
const page = 256
const atOnce = 8

/** How a subscription fares, for those who look. */
export interface Fate {
  delivered: number
  failed: number
  given_up: number
  last_error: string
  /** RFC 3339. */
  last_attempt: string
}

export const noFate: Fate = { delivered: 0, failed: 0, given_up: 0, last_error: '', last_attempt: '' }
export const fateKey = (id: string): string => `fate/${id}`

interface Item {
  key: string
  subscription: string
  event: string
}

/** Delivers what is due now; returns how many attempts were made. */
export async function deliver(core: Core, signal: AbortSignal): Promise<number> {
  const end = dueKey(core.now() / 1000 + 1, '', '')
  const due = (await core.events.view.keys('due/', { limit: page })).filter((key) => key < end)
  const byTaker = new Map<string, Item[]>()
  for (const key of due) {
    const [, , subscription, event] = key.split('/') as [string, string, string, string]
    const items = byTaker.get(subscription)
    if (items) items.push({ key, subscription, event })
    else byTaker.set(subscription, [{ key, subscription, event }])
  }
  const takers = [...byTaker.values()]
  await Promise.all(Array.from({ length: Math.min(atOnce, takers.length) }, async () => {
    for (let items = takers.shift(); items; items = takers.shift()) await deliverTo(core, items, signal)
  }))
  return due.length
}

async function deliverTo(core: Core, items: Item[], signal: AbortSignal): Promise<void> {
  const subscription = core.events.subscriptions.find((one) => subscriptionId(one) === items[0]!.subscription)
  for (const [index, item] of items.entries()) {
    if (signal.aborted) return
    if (await attempt(core, subscription, item, signal)) continue
    // Where one did not get through, those behind it wait too, so that they do not stand in the way of other receivers.
    return postpone(core, items.slice(index + 1))
  }
}

const postpone = (core: Core, items: Item[]): Promise<void> =>
  core.events.view.update(async (tx) => {
    for (const { key, subscription, event } of items) {
      const pending = await tx.read<Pending>(key)
      if (!pending) continue
      tx.delete(key)
      tx.write(dueKey(core.now() / 1000 + (pauses[pending.attempts] ?? pauses.at(-1)!), subscription, event), pending)
    }
  })

/** Whether the next may be tried. */
async function attempt(core: Core, subscription: Subscription | undefined, item: Item, signal: AbortSignal): Promise<boolean> {
  const { view } = core.events
  const event = await core.events.read(item.event)
  const pending = await view.read<Pending>(item.key)
  if (!subscription || !event || !pending) {
    await view.delete(item.key)
    return true
  }
  const error = await post(core, subscription, event, signal).then(() => null, (cause: unknown) => cause)
  if (signal.aborted && error !== null) return false
  const pause = pauses[pending.attempts]
  await view.update(async (tx) => {
    const fate = (await tx.read<Fate>(fateKey(item.subscription))) ?? noFate
    tx.delete(item.key)
    if (error !== null && pause !== undefined) tx.write(dueKey(core.now() / 1000 + pause, item.subscription, item.event), { attempts: pending.attempts + 1 } satisfies Pending)
    tx.write(fateKey(item.subscription), {
      delivered: fate.delivered + (error === null ? 1 : 0),
      failed: fate.failed + (error === null ? 0 : 1),
      given_up: fate.given_up + (error !== null && pause === undefined ? 1 : 0),
      last_error: error === null ? '' : error instanceof Fault ? error.message : 'internal error',
      last_attempt: new Date(core.now()).toISOString(),
    } satisfies Fate)
  })
  return error === null
}

async function post(core: Core, subscription: Subscription, event: NonNullable<Awaited<ReturnType<Core['events']['read']>>>, signal: AbortSignal): Promise<void> {
  const namespace = core.namespaces.byId(subscription.namespaceId)
  if (!namespace) throw new Fault('not-found')
  const { account } = await core.accessKeys.settings(namespace)
  const message = messageOf(event, subscription, account, core.now())
  const { status } = await send(subscription.url, { method: 'POST', ...message, allowed: subscription.allowed, ca: subscription.ca === '' ? undefined : subscription.ca, signal, maxBytes: 65_536 })
  if (status < 200 || status > 299) throw new Fault('upstream', `the receiver answered ${status}`)
}

const pruneEvery = 60_000

/** Work of the process that does the housekeeping, asked for each second. */
export function eventWork(core: Core): (signal: AbortSignal) => Promise<void> {
  let pruned = 0
  return async (signal) => {
    while (!signal.aborted && (await deliver(core, signal)) === page);
    if (core.now() - pruned < pruneEvery) return
    pruned = core.now()
    await core.events.prune()
  }
}
