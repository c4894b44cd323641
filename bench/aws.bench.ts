import { hash } from 'node:crypto'
import { canonicalRequest, compact, makeSigner, signingKey, stringToSign } from '../src/dialects/aws/sigv4.ts'
import { inTurn } from './compare.ts'
import { type Figure, type Options, atLeast, plain } from './figure.ts'
import type { Load } from './load.ts'
import { removeFolder } from './process.ts'
import { type Prepared, prepare, secretPath, serve } from './strongroom.ts'

export const about = 'GetSecretValue, signature verified and audited, beside the Vault dialect\'s read of the same secret'

interface Key {
  id: string
  secret: string
}

async function keyFor({ url, rootToken }: Prepared): Promise<Key> {
  const ask = async (path: string, body: object): Promise<any> => {
    const response = await fetch(`${url}/v1/${path}`, { method: 'POST', headers: { 'x-vault-token': rootToken }, body: JSON.stringify(body) })
    if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`)
    return response.status === 204 ? null : response.json()
  }
  await ask('sys/auth/aws', { type: 'aws' })
  const { data } = await ask('auth/aws/key', { name: 'bench', policies: ['bench'] })
  return { id: data.access_key, secret: data.secret_key }
}

/** Headers of one signed request; good for five minutes, so that the load can repeat it. */
function signed(url: string, key: Key, body: string): Record<string, string> {
  const time = compact(Date.now())
  const scope = { time, date: time.slice(0, 8), region: 'us-east-1', service: 'secretsmanager' }
  const headers: Record<string, string> = { host: new URL(url).hostname, 'content-type': 'application/x-amz-json-1.1', 'x-amz-date': time, 'x-amz-target': 'secretsmanager.GetSecretValue' }
  const names = Object.keys(headers).sort()
  const signature = makeSigner(signingKey(key.secret, scope))(stringToSign(scope, canonicalRequest({ method: 'POST', url: '/', headers }, names, hash('sha256', body, 'hex'))))
  const { host: _, ...sent } = headers
  return { ...sent, Authorization: `AWS4-HMAC-SHA256 Credential=${key.id}/${scope.date}/us-east-1/secretsmanager/aws4_request, SignedHeaders=${names.join(';')}, Signature=${signature}` }
}

export async function run({ quick }: Options): Promise<Figure[]> {
  const prepared = await prepare({ secrets: 1000 })
  const ours = await serve(prepared)
  try {
    const key = await keyFor(prepared)
    const requests = quick ? 5000 : 40_000
    const body = JSON.stringify({ SecretId: secretPath(7) })
    const common = { url: prepared.url, connections: 16, requests, spread: 1 }
    const read: Load = { ...common, method: 'GET', path: `/v1/secret/data/${secretPath(7)}`, headers: { 'X-Vault-Token': prepared.token } }
    const get: Load = { ...common, method: 'POST', path: '/', headers: signed(prepared.url, key, body), body }
    await inTurn([{ pid: ours.pid, load: { ...read, requests: 2000 } }, { pid: ours.pid, load: { ...get, requests: 2000 } }], 1)
    const [vault, aws] = await inTurn([{ pid: ours.pid, load: read }, { pid: ours.pid, load: get }], quick ? 1 : 3)
    return [
      plain('GetSecretValue: requests a processor second', aws!.perCpu, '1/s'),
      plain('GetSecretValue: p99', aws!.p99, 'ms'),
      atLeast('GetSecretValue beside the Vault dialect\'s read, per processor second', aws!.perCpu / vault!.perCpu, 0.6),
    ]
  } finally {
    await ours.stop()
    removeFolder(prepared.folder)
  }
}
