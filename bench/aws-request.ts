// Requests as clients of AWS sign them. https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
import { createHash, createHmac } from 'node:crypto'

export interface Keys {
  id: string
  secret: string
}

export interface SignedRequest {
  headers: Record<string, string>
  body: string
}

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex')
const hmac = (key: string | Buffer, text: string): Buffer => createHmac('sha256', key).update(text).digest()

/** A JSON call of `service` (`secretsmanager`, `kms`) to `url`; valid for some minutes. */
export function signed(url: string, keys: Keys, service: string, target: string, input: object): SignedRequest {
  const body = JSON.stringify(input)
  const time = new Date().toISOString().replace(/[-:]|\.\d{3}/g, '')
  const scope = `${time.slice(0, 8)}/us-east-1/${service}/aws4_request`
  const headers: Record<string, string> = { 'content-type': 'application/x-amz-json-1.1', host: new URL(url).host, 'x-amz-date': time, 'x-amz-target': target }
  const names = Object.keys(headers).join(';')
  const canonical = ['POST', '/', '', ...Object.entries(headers).map(([name, value]) => `${name}:${value}`), '', names, sha256(body)].join('\n')
  const key = ['us-east-1', service, 'aws4_request'].reduce(hmac, hmac(`AWS4${keys.secret}`, time.slice(0, 8)))
  const signature = hmac(key, ['AWS4-HMAC-SHA256', time, scope, sha256(canonical)].join('\n')).toString('hex')
  const { host: _, ...sent } = headers
  return { body, headers: { ...sent, authorization: `AWS4-HMAC-SHA256 Credential=${keys.id}/${scope}, SignedHeaders=${names}, Signature=${signature}` } }
}

/** Sends a call once; throws what comes back of a failure. */
export async function call(url: string, keys: Keys, service: string, target: string, input: object): Promise<Record<string, any>> {
  const { headers, body } = signed(url, keys, service, target, input)
  const answer = await fetch(url, { method: 'POST', headers, body })
  if (!answer.ok) throw new Error(`${target}: ${answer.status} ${await answer.text()}`)
  return (await answer.json()) as Record<string, any>
}
