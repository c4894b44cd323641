// AWS's dialect beside Vault's over the same server: what a signature and another wire cost. As a peer it takes moto's server.
import { inTurn } from './compare.ts'
import { type Keys, call, signed } from './aws-request.ts'
import { type Figure, type Options, type Peer, atLeast, plain } from './figure.ts'
import type { Load } from './load.ts'
import { removeFolder } from './process.ts'
import { type Prepared, prepare, secretPath, serve } from './strongroom.ts'

export const about = 'GetSecretValue and Decrypt with SigV4 and audit, beside Vault\'s audited read'

const secrets = 10_000
const different = 2000
const indexes = Array.from({ length: different }, (_, index) => Math.trunc((index * secrets) / different))

/** An access key with the rights of the bench, and mounts for it. */
async function addKeys({ url, rootToken }: Prepared): Promise<Keys> {
  const ask = async (path: string, body: object): Promise<any> => {
    const answer = await fetch(`${url}/v1/${path}`, { method: 'POST', headers: { 'X-Vault-Token': rootToken }, body: JSON.stringify(body) })
    if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`)
    return answer.status === 204 ? null : answer.json()
  }
  await ask('sys/mounts/transit', { type: 'transit' })
  await ask('sys/auth/aws', { type: 'aws' })
  await ask('sys/policies/acl/aws-bench', { policy: 'path "secret/data/*" { capabilities = ["read"] }\npath "transit/*" { capabilities = ["create", "read", "update", "patch", "list"] }' })
  const { data } = await ask('auth/aws/key', { name: 'bench', policies: ['aws-bench'] })
  return { id: data.access_key, secret: data.secret_key }
}

const common = (url: string, requests: number): Omit<Load, 'variants'> => ({ url, connections: 16, requests, method: 'POST', path: '/', spread: 1, headers: {} })

const reads = (url: string, keys: Keys, requests: number, which = indexes): Load => ({ ...common(url, requests), variants: which.map((index) => signed(url, keys, 'secretsmanager', 'secretsmanager.GetSecretValue', { SecretId: secretPath(index) })) })

async function decryptions(url: string, keys: Keys, requests: number, different = 100): Promise<Load> {
  const { KeyMetadata } = await call(url, keys, 'kms', 'TrentService.CreateKey', {})
  const sealed: string[] = []
  for (let index = 0; index < different; index++) sealed.push((await call(url, keys, 'kms', 'TrentService.Encrypt', { KeyId: KeyMetadata.KeyId, Plaintext: Buffer.from(`data key ${index}`.padEnd(32)).toString('base64') })).CiphertextBlob)
  return { ...common(url, requests), variants: sealed.map((CiphertextBlob) => signed(url, keys, 'kms', 'TrentService.Decrypt', { CiphertextBlob })) }
}

/** A secret and a key at the peer, which the same two loads ask for: what it holds beside them does not matter to a server without a store. */
async function peerLoads(peer: Peer, requests: number): Promise<Load[]> {
  const keys = { id: 'test', secret: 'test' }
  const value = JSON.stringify({ username: 'application', password: 'a-password-of-usual-length', host: 'database.internal' })
  await call(peer.url, keys, 'secretsmanager', 'secretsmanager.CreateSecret', { Name: secretPath(0), SecretString: value }).catch((cause: Error) => {
    if (!/ResourceExists/.test(cause.message)) throw cause
  })
  return [reads(peer.url, keys, requests, [0]), await decryptions(peer.url, keys, requests, 1)]
}

export async function run({ peer, quick }: Options): Promise<Figure[]> {
  const prepared = await prepare({ secrets })
  const ours = await serve(prepared)
  try {
    const keys = await addKeys(prepared)
    const requests = quick ? 2000 : 30_000
    const vault: Load = { ...common(prepared.url, requests), method: 'GET', path: '/v1/secret/data/app/%h/%d', spread: secrets, headers: { 'X-Vault-Token': prepared.token } }
    const own = [vault, reads(prepared.url, keys, requests), await decryptions(prepared.url, keys, requests)]
    for (const load of own) await inTurn([{ pid: ours.pid, load: { ...load, requests: quick ? 1000 : 10_000 } }], 1)
    const others = peer ? await peerLoads(peer, quick ? 200 : 500) : []
    const [read, value, opened, ...beside] = await inTurn([...own.map((load) => ({ pid: ours.pid, load })), ...others.map((load) => ({ pid: peer!.pid, load }))], quick ? 1 : 3)
    return [
      plain('Vault\'s read: requests a processor second', read!.perCpu, '1/s'),
      plain('GetSecretValue: requests a processor second', value!.perCpu, '1/s'),
      plain('Decrypt: requests a processor second', opened!.perCpu, '1/s'),
      atLeast('GetSecretValue: share of Vault\'s read', value!.perCpu / read!.perCpu, 0.6),
      atLeast('Decrypt: share of Vault\'s read', opened!.perCpu / read!.perCpu, 0.6),
      ...(beside.length > 0 ? [atLeast('GetSecretValue: beside the peer, per processor second', value!.perCpu / beside[0]!.perCpu, 20), atLeast('Decrypt: beside the peer, per processor second', opened!.perCpu / beside[1]!.perCpu, 20)] : []),
    ]
  } finally {
    await ours.stop()
    removeFolder(prepared.folder)
  }
}
