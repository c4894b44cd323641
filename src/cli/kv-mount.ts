// Which KV mount a path lies in, and where in it. Asks the server once (`sys/internal/ui/mounts`).
import { ApiError, type Client } from './api.ts'
import type { Data, Secret } from '../sdk/secret.ts'
import { trimmed } from './path.ts'

export interface KvPath {
  version: 1 | 2
  /** With a trailing slash. */
  mount: string
  /** The path below the mount, without slashes at its ends. */
  path: string
  /** The API path: below `folder` for version 2. */
  at(folder: 'data' | 'metadata' | 'delete' | 'undelete' | 'destroy' | 'subkeys'): string
}

/** `path` holds the mount unless `mount` names it. An old server that does not know is taken to be of version 1. */
export async function resolveKv(client: Client, path: string, mount?: string): Promise<KvPath> {
  const whole = mount === undefined ? trimmed(path) : trimmed(`${trimmed(mount)}/${trimmed(path)}`)
  const info = await lookUp(client.with({ wrapTtl: undefined }), mount === undefined ? whole : trimmed(mount))
  const options = (info?.data?.options ?? {}) as Data
  const version = options.version === '2' || options.version === 2 ? 2 : 1
  const found = String(info?.data?.path ?? '')
  const base = commonMount(whole, found)
  const rest = trimmed(whole.slice(trimmed(base).length))
  return {
    version,
    mount: base,
    path: rest,
    at: (folder) => (version === 1 ? whole : trimmed(`${trimmed(base)}/${folder}/${rest}`)),
  }
}

async function lookUp(client: Client, path: string): Promise<Secret | null> {
  try {
    return await client.json<Secret>('GET', `sys/internal/ui/mounts/${path}`)
  } catch (error) {
    if (error instanceof ApiError && error.status === 404) return null
    throw error
  }
}

/** The mount's own path may begin with namespaces that the caller's path does not name: those are dropped. */
function commonMount(path: string, mount: string): string {
  for (let base = trimmed(mount); base !== ''; base = base.includes('/') ? base.slice(base.indexOf('/') + 1) : '')
    if (path === base || path.startsWith(`${base}/`)) return `${base}/`
  return ''
}
