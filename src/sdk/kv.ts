// KV of either version under one face: payloads in, payloads out.
import type { Data, Query, Secret } from './secret.ts'

/** What of the client KV needs. */
export interface Caller {
  read(path: string, query?: Query): Promise<Secret | null>
  list(path: string): Promise<Secret | null>
  write(path: string, body: unknown): Promise<Secret | null>
  delete(path: string): Promise<Secret | null>
}

export interface VersionInfo {
  version: number
  created_time: string
  deletion_time: string
  destroyed: boolean
  custom_metadata: Record<string, string> | null
}

export class Kv {
  readonly #client: Caller
  readonly #mount: string
  readonly #version: 1 | 2

  constructor(client: Caller, mount: string, version: 1 | 2) {
    this.#client = client
    this.#mount = mount.replace(/\/+$/, '')
    this.#version = version
  }

  /** The payload, or null where none is stored or the version is deleted. */
  async get(path: string, options: { version?: number } = {}): Promise<Data | null> {
    const secret = await this.#client.read(this.#at('data', path), options.version === undefined ? {} : { version: options.version })
    if (this.#version === 1) return secret?.data ?? null
    return (secret?.data?.data as Data | null | undefined) ?? null
  }

  /** Writes a new version. `cas`: the version that must be the present one, 0 for none. Version 1 has no versions and gives null. */
  async put(path: string, data: Data, options: { cas?: number } = {}): Promise<VersionInfo | null> {
    if (this.#version === 1) {
      await this.#client.write(this.#at('', path), data)
      return null
    }
    const body = options.cas === undefined ? { data } : { data, options: { cas: options.cas } }
    return (await this.#client.write(this.#at('data', path), body))?.data as unknown as VersionInfo
  }

  /** Names below `path`, folders with a trailing slash. */
  async list(path = ''): Promise<string[]> {
    return ((await this.#client.list(this.#at('metadata', path)))?.data?.keys as string[] | undefined) ?? []
  }

  /** Deletes the newest version (v2) or the secret (v1). */
  async delete(path: string): Promise<void> {
    await this.#client.delete(this.#at('data', path))
  }

  /** Removes every version and all metadata. */
  async purge(path: string): Promise<void> {
    await this.#client.delete(this.#at('metadata', path))
  }

  #at(folder: string, path: string): string {
    return this.#version === 2 ? `${this.#mount}/${folder}/${path}` : `${this.#mount}/${path}`
  }
}

/** Secrets below one KV mount, through a client. */
export const kv = (client: Caller, mount = 'secret', version: 1 | 2 = 2): Kv => new Kv(client, mount, version)
