// Five verbs over KV v2, for programs that want a secret's value and nothing else.
import { Client } from './client.ts'
import type { ClientOptions } from './client.ts'
import { ApiError } from './error.ts'
import { kv } from './kv.ts'
import type { Kv } from './kv.ts'
import type { Data } from './secret.ts'

export type SecretValue = string | Data

/**
 * Secrets by id below one KV v2 mount. A text is stored as `{"value": text}`, an object as itself; what was stored as a
 * text comes back as one. Without options, address, token and namespace are taken from the environment
 * (STRONGROOM_*, BAO_* or VAULT_*), where there is one.
 */
export class SecretsManager {
  readonly #client: Client
  readonly #mount: string

  constructor(options: Partial<ClientOptions> & { mount?: string; client?: Client } = {}) {
    const { mount, client, ...rest } = options
    this.#client = client ?? new Client({ ...surroundings(), ...rest })
    this.#mount = mount ?? 'secret'
  }

  /** Throws ApiError 404 where the id is unknown or its newest version deleted. */
  async getSecret(id: string): Promise<SecretValue> {
    const data = await this.#kv.get(id)
    if (data === null) throw new ApiError(404, [`no secret "${id}"`], { method: 'GET', url: id })
    return Object.keys(data).length === 1 && typeof data.value === 'string' ? data.value : data
  }

  /** Writes a new version, of a new secret too. */
  async updateSecret(id: string, value: SecretValue): Promise<void> {
    await this.#kv.put(id, payload(value))
  }

  /** Makes a new secret; throws ApiError 400 where a live one has the id. */
  async storeSecret(id: string, value: SecretValue): Promise<void> {
    const cas = (await this.#kv.get(id)) === null ? await this.#version(id) : 0
    await this.#kv.put(id, payload(value), { cas })
  }

  /** Makes the value of `from` the newest version of `to`. */
  async promoteSecret(from: string, to: string): Promise<void> {
    await this.updateSecret(to, await this.getSecret(from))
  }

  /** Removes the secret with every version. */
  async deleteSecret(id: string): Promise<void> {
    await this.#kv.purge(id)
  }

  get #kv(): Kv {
    return kv(this.#client, this.#mount)
  }

  async #version(id: string): Promise<number> {
    const info = await this.#client.read(`${this.#mount}/metadata/${id}`)
    return Number(info?.data?.current_version ?? 0)
  }
}

const payload = (value: SecretValue): Data => (typeof value === 'string' ? { value } : value)

function surroundings(): ClientOptions {
  const environment: Record<string, string | undefined> = (globalThis as { process?: { env: Record<string, string | undefined> } }).process?.env ?? {}
  const find = (name: string): string | undefined =>
    environment[`STRONGROOM_${name}`] || environment[`BAO_${name}`] || environment[`VAULT_${name}`] || undefined
  return { address: find('ADDR') ?? 'http://127.0.0.1:8200', token: find('TOKEN'), namespace: find('NAMESPACE') }
}
