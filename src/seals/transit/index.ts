// The seal `transit`: the transit engine of another Strongroom, Vault or OpenBao keeps the key. Options as in Vault's
// seal of that name: `address`, `token` (or `token_file`), `key_name`, `mount_path` (default transit/), `namespace`,
// `tls_ca_cert`, `tls_client_cert`, `tls_client_key`, `tls_server_name`, `tls_skip_verify`, `disable_renewal` (of the token).
import { readFile } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { isObject } from '../../kit/field.ts'
import { Fault, invalid } from '../../kit/errors.ts'
import type { AutoSeal, SealType } from '../../kit/seal.ts'
import { post, type Endpoint } from './client.ts'

const known = new Set([
  'address', 'token', 'token_file', 'key_name', 'mount_path', 'namespace',
  'tls_ca_cert', 'tls_client_cert', 'tls_client_key', 'tls_server_name', 'tls_skip_verify', 'disable_renewal',
])

export const transitSeal: SealType = {
  type: 'transit',
  about: 'The transit engine of another Strongroom, Vault or OpenBao',
  async open(options): Promise<AutoSeal> {
    for (const name of Object.keys(options)) if (!known.has(name)) throw invalid(`seal transit: unknown option ${name}`)
    const endpoint = await readEndpoint(options)
    if (options.disable_renewal !== 'true') void renewToken(endpoint)
    const key = encodeURIComponent(required(options, 'key_name'))
    const mount = (options.mount_path || 'transit').replace(/^\/+|\/+$/g, '')
    const call = async (verb: 'encrypt' | 'decrypt', field: 'plaintext' | 'ciphertext', value: string): Promise<string> => {
      const reply = await post(endpoint, `/v1/${mount}/${verb}/${key}`, { [field]: value })
      const text = isObject(reply.data) ? reply.data[field === 'plaintext' ? 'ciphertext' : 'plaintext'] : undefined
      if (typeof text !== 'string') throw new Fault('upstream', 'seal transit: the answer lacks what was asked for')
      return text
    }
    return {
      type: 'transit',
      wrap: async (plaintext) => Buffer.from(await call('encrypt', 'plaintext', Buffer.from(plaintext).toString('base64'))),
      unwrap: async (wrapped) => Buffer.from(await call('decrypt', 'ciphertext', Buffer.from(wrapped).toString()), 'base64'),
    }
  },
}

const longestWait = 12 * 3600
const shortestWait = 60

/** Renews the token at half of its time, as long as this process lives; ends where the token cannot be renewed. */
async function renewToken(endpoint: Endpoint): Promise<void> {
  for (;;) {
    const lease = await post(endpoint, '/v1/auth/token/renew-self', {}).then(
      ({ auth }) => (isObject(auth) && auth.renewable === true ? Number(auth.lease_duration) || 0 : null),
      (error: unknown) => (error instanceof Fault && error.data?.status ? null : 0),
    )
    if (lease === null) return
    await sleep(Math.min(Math.max(lease / 2, shortestWait), longestWait) * 1000, undefined, { ref: false })
  }
}

function required(options: Record<string, string>, name: string): string {
  const value = options[name]
  if (!value) throw invalid(`seal transit: ${name} is missing`)
  return value
}

async function readEndpoint(options: Record<string, string>): Promise<Endpoint> {
  const load = async (name: string): Promise<string | undefined> => {
    const path = options[name]
    if (!path) return undefined
    return readFile(path, 'utf8').catch((cause: NodeJS.ErrnoException) => {
      throw invalid(`seal transit: ${name}: cannot read ${path}: ${cause.code}`)
    })
  }
  const address = required(options, 'address')
  if (!URL.canParse(address) || !/^https?:$/.test(new URL(address).protocol)) throw invalid('seal transit: address must be an http or https URL')
  const token = (await load('token_file'))?.trim() ?? required(options, 'token')
  const [ca, cert, key] = [await load('tls_ca_cert'), await load('tls_client_cert'), await load('tls_client_key')]
  return {
    address: new URL(address), token, namespace: options.namespace ?? '',
    tls: {
      ...(ca && { ca }), ...(cert && { cert }), ...(key && { key }),
      ...(options.tls_server_name && { servername: options.tls_server_name }),
      ...(options.tls_skip_verify === 'true' && { rejectUnauthorized: false }),
    },
  }
}
