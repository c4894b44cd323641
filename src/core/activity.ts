// Which clients used the server in which month, as Vault counts them: an entity is one client, and so are all tokens without
// an entity that share their policies and namespace. Only that a client was there is kept, never when or what for.
import { hash } from 'node:crypto'
import type { View } from '../kit/view.ts'
import type { Token } from './tokens.ts'

/** One client in one month; `mount`: accessor of the auth mount that it came through, empty for `auth/token`. */
export interface Client {
  id: string
  kind: 'entity' | 'token'
  namespaceId: string
  mount: string
}

export interface ActivitySettings {
  enabled: boolean
  /** Whole months that are kept beside the present one. */
  retentionMonths: number
}

const settled: ActivitySettings = { enabled: true, retentionMonths: 48 }
const flushAfter = 60_000
/** Clients that a process remembers to have written; one that is forgotten is written again. */
const remembered = 50_000
const batch = 500

/** `2026-11` of a time in milliseconds. */
export const monthOf = (time: number): string => new Date(time).toISOString().slice(0, 7)

export class Activity {
  readonly #view: View
  readonly #now: () => number
  #month = ''
  #known = new Set<string>()
  #pending = new Set<string>()
  #timer: NodeJS.Timeout | null = null
  /** Told when nobody has been noted any more, as at the end of a month: whoever is recognised from memory must be noted again. */
  onForget: () => void = () => {}

  constructor(view: View, now: () => number) {
    this.#view = view
    this.#now = now
  }

  /** Notes who came; costs no storage now. Root tokens count for nobody. */
  note(token: Token): void {
    if (token.policies.includes('root') || token.policies.includes('response-wrapping')) return
    if (this.#known.size > remembered) this.#known.clear()
    const key = keyOf(token)
    if (this.#known.has(key)) return
    this.#known.add(key)
    this.#pending.add(key)
    this.#timer ??= setTimeout(() => void this.flush().catch(() => {}), flushAfter).unref()
  }

  /** Writes what was noted; tried again with the next note where the store does not take it. */
  async flush(): Promise<void> {
    if (this.#timer) clearTimeout(this.#timer)
    this.#timer = null
    const { enabled, retentionMonths } = await this.settings()
    const month = monthOf(this.#now())
    // Once it is enabled, whoever comes is to be noted.
    if (!enabled) return this.forget()
    while (this.#pending.size > 0) {
      const some = [...this.#pending].slice(0, batch)
      await this.#view.update((tx) => some.forEach((key) => tx.mark(`client/${month}/${key}`)))
      for (const key of some) this.#pending.delete(key)
    }
    if (month === this.#month) return
    const [begun, first] = [this.#month === '', monthsBefore(month, retentionMonths)]
    this.#month = month
    for (const old of await this.months()) if (old < first) await this.#deleteMonth(old)
    if (!begun) this.forget()
  }

  /** From here on nobody has been noted. */
  forget(): void {
    this.#known.clear()
    this.#pending.clear()
    this.onForget()
  }

  async settings(): Promise<ActivitySettings> {
    return (await this.#view.read<ActivitySettings>('settings')) ?? settled
  }

  async configure(settings: ActivitySettings): Promise<void> {
    await this.#view.write('settings', settings)
  }

  /** The months that somebody came in, `2026-11`, in order. */
  async months(): Promise<string[]> {
    return (await this.#view.children('client/')).map((folder) => folder.slice(0, -1))
  }

  /** The clients of a month, page by page. */
  async *clients(month: string): AsyncGenerator<Client> {
    const view = this.#view.at(`client/${month}/`)
    for (let after: string | undefined; ; ) {
      const keys = await view.keys('', after === undefined ? { limit: 1000 } : { after, limit: 1000 })
      for (const key of keys) yield clientOf(key)
      if (keys.length < 1000) return
      after = keys.at(-1)
    }
  }

  async #deleteMonth(month: string): Promise<void> {
    for (;;) {
      const keys = await this.#view.keys(`client/${month}/`, { limit: batch })
      if (keys.length === 0) return
      await this.#view.update((tx) => keys.forEach((key) => tx.delete(key)))
    }
  }
}

function keyOf(token: Token): string {
  const kind = token.entityId === '' ? 'token' : 'entity'
  const id = token.entityId || hash('sha256', [...token.policies].sort().join('\0') + `\0\0${token.namespaceId}`, 'hex').slice(0, 32)
  return `${token.namespaceId}/${token.mountAccessor || '-'}/${kind}/${id}`
}

function clientOf(key: string): Client {
  const [namespaceId, mount, kind, id] = key.split('/') as [string, string, Client['kind'], string]
  return { id, kind, namespaceId, mount: mount === '-' ? '' : mount }
}

function monthsBefore(month: string, count: number): string {
  const [year, number] = month.split('-').map(Number) as [number, number]
  return monthOf(Date.UTC(year, number - 1 - count, 1))
}
