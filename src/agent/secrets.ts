// The secrets that templates ask for: each read once, renewed or read again when its time has come.
import { Fault, invalid } from '../kit/errors.ts'
import { isObject } from '../kit/field.ts'
import { ApiError, type Client, type Secret } from '../sdk/index.ts'
import type { Functions } from './template/functions.ts'

interface Kept {
  secret: Secret
  /** Milliseconds since 1970. */
  due: number
}

export class Secrets {
  readonly #client: Client
  readonly #staticInterval: number
  readonly #kept = new Map<string, Kept>()
  readonly #mounts = new Map<string, { path: string; versioned: boolean }>()

  /** `staticInterval`: seconds until a secret without a lease is read again. */
  constructor(client: Client, staticInterval: number) {
    this.#client = client
    this.#staticInterval = staticInterval
  }

  /** After a new login: leases of the former token may be gone. */
  forget(): void {
    this.#kept.clear()
    this.#mounts.clear()
  }

  /** The functions `secret` and `secrets`; each use is noted in `used`. */
  functions(used: Set<string>): Functions {
    return {
      secret: { arity: [1, Infinity], run: (path: unknown, ...pairs: unknown[]) => this.#secret(asPath(path), pairs, used) },
      secrets: { arity: [1, 1], run: (path: unknown) => this.#list(asPath(path), used) },
    }
  }

  /** When the first of the used secrets must be looked after; milliseconds since 1970, Infinity for none. */
  due(used: Iterable<string>): number {
    let first = Infinity
    for (const key of used) first = Math.min(first, this.#kept.get(key)?.due ?? Date.now())
    return first
  }

  async #secret(path: string, pairs: unknown[], used: Set<string>): Promise<unknown> {
    const body = Object.fromEntries(pairs.map(pairOf))
    const secret = await this.#once(JSON.stringify(['secret', path, body]), used, async () => {
      const [bare, search] = path.split('?', 2) as [string, string?]
      const real = await this.#versionedPath(bare, 'data')
      return pairs.length > 0 ? this.#client.write(real, body) : this.#client.read(real, Object.fromEntries(new URLSearchParams(search ?? '')))
    })
    if (secret === null || (secret.data === null && !secret.auth && !secret.wrap_info)) throw new Fault('not-found', `no secret exists at ${path}`)
    return {
      RequestID: secret.request_id ?? '',
      LeaseID: secret.lease_id ?? '',
      LeaseDuration: secret.lease_duration ?? 0,
      Renewable: secret.renewable ?? false,
      Data: secret.data ?? {},
      Warnings: secret.warnings ?? [],
      ...(secret.wrap_info && { WrapInfo: { Token: secret.wrap_info.token, Accessor: secret.wrap_info.accessor, TTL: secret.wrap_info.ttl, CreationTime: secret.wrap_info.creation_time, CreationPath: secret.wrap_info.creation_path } }),
      ...(secret.auth && { Auth: { ClientToken: secret.auth.client_token, Accessor: secret.auth.accessor, Policies: secret.auth.policies, LeaseDuration: secret.auth.lease_duration, Renewable: secret.auth.renewable } }),
    }
  }

  async #list(path: string, used: Set<string>): Promise<string[]> {
    const secret = await this.#once(JSON.stringify(['secrets', path]), used, async () => this.#client.list(await this.#versionedPath(path.replace(/\/$/, ''), 'metadata')))
    const keys = secret?.data?.keys
    return Array.isArray(keys) ? keys.map(String).sort() : []
  }

  async #once(key: string, used: Set<string>, read: () => Promise<Secret | null>): Promise<Secret | null> {
    used.add(key)
    const kept = this.#kept.get(key)
    if (kept && Date.now() < kept.due) return kept.secret
    if (kept && (await this.#renewed(kept))) return kept.secret
    try {
      const secret = await read()
      if (secret) this.#kept.set(key, { secret, due: this.#dueOf(secret) })
      return secret
    } catch (cause) {
      throw new Fault('upstream', cause instanceof ApiError ? cause.message : `the server cannot be reached: ${(cause as Error).message}`, { cause })
    }
  }

  async #renewed(kept: Kept): Promise<boolean> {
    const { lease_id: id, renewable, lease_duration: duration = 0 } = kept.secret
    if (!id || !renewable) return false
    try {
      const renewal = await this.#client.write('sys/leases/renew', { lease_id: id })
      const left = renewal?.lease_duration ?? 0
      // Near its longest life a lease is extended by ever less: what it stands for must be replaced in time.
      if (left * 3 < duration) return false
      kept.due = Date.now() + (left * 1000 * 2) / 3
      return true
    } catch {
      return false
    }
  }

  #dueOf({ lease_id: id, lease_duration: duration = 0, renewable, data }: Secret): number {
    const now = Date.now()
    if (id && duration > 0) return now + duration * 1000 * (renewable ? 2 / 3 : 0.85)
    if (typeof data?.ttl === 'number' && data.last_vault_rotation !== undefined) return now + (data.ttl + 1) * 1000
    if (typeof data?.certificate === 'string' && typeof data.expiration === 'number') return now + Math.max(0, data.expiration * 1000 - now) * 0.9
    return now + this.#staticInterval * 1000
  }

  /** The path as KV version 2 wants it, whichever way the template's author wrote it. */
  async #versionedPath(path: string, folder: 'data' | 'metadata'): Promise<string> {
    const mount = await this.#mountOf(path)
    if (!mount.versioned || !path.startsWith(mount.path)) return path
    const rest = path.slice(mount.path.length)
    return rest === folder || rest.startsWith(`${folder}/`) ? path : `${mount.path}${folder}/${rest}`
  }

  async #mountOf(path: string): Promise<{ path: string; versioned: boolean }> {
    const known = [...this.#mounts.values()].find((mount) => mount.path !== '' && path.startsWith(mount.path)) ?? this.#mounts.get(path)
    if (known) return known
    const found = await this.#client.with({ retries: 0 }).read(`sys/internal/ui/mounts/${path}`).catch(() => null)
    const options = isObject(found?.data?.options) ? found.data.options : {}
    const mount = { path: String(found?.data?.path ?? ''), versioned: found?.data?.type === 'kv' && options.version === '2' }
    this.#mounts.set(mount.path || path, mount)
    return mount
  }
}

function asPath(path: unknown): string {
  if (typeof path !== 'string' || path === '') throw invalid('expected a path')
  return path.replace(/^\/+/, '')
}

function pairOf(pair: unknown): [string, string] {
  const at = typeof pair === 'string' ? pair.indexOf('=') : -1
  if (at < 1) throw invalid('expected parameters as "name=value"')
  return [(pair as string).slice(0, at), (pair as string).slice(at + 1)]
}
