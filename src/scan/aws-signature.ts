// Signs requests to AWS, and to what speaks its protocols (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv.html).
import { createHash, createHmac } from 'node:crypto'

export interface Credentials {
  id: string
  secret: string
  session?: string
}

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex')
const hmac = (key: string | Buffer, text: string): Buffer => createHmac('sha256', key).update(text).digest()
const strict = (text: string): string => encodeURIComponent(text).replace(/[!'()*]/g, (mark) => `%${mark.charCodeAt(0).toString(16).toUpperCase()}`)

/** The headers of a signed request, `headers` included. The path of the address must be encoded as it is sent. */
export function sign(
  request: { method: string; url: URL; headers?: Record<string, string>; body?: string },
  { id, secret, session }: Credentials,
  { service, region, now = new Date() }: { service: string; region: string; now?: Date },
): Record<string, string> {
  const { method, url, body = '' } = request
  const time = now.toISOString().replace(/[-:]|\.\d+/g, '')
  const scope = `${time.slice(0, 8)}/${region}/${service}/aws4_request`
  const hash = sha256(body)
  const headers: Record<string, string> = { ...request.headers, host: url.host, 'x-amz-date': time, 'x-amz-content-sha256': hash, ...(session ? { 'x-amz-security-token': session } : {}) }
  const names = Object.keys(headers).sort()
  const query = [...url.searchParams].map(([name, value]) => `${strict(name)}=${strict(value)}`).sort().join('&')
  const canonical = [method, url.pathname, query, ...names.map((name) => `${name}:${headers[name]!.trim()}`), '', names.join(';'), hash].join('\n')
  const key = [region, service, 'aws4_request'].reduce((last, part) => hmac(last, part), hmac(`AWS4${secret}`, time.slice(0, 8)))
  const signature = hmac(key, ['AWS4-HMAC-SHA256', time, scope, sha256(canonical)].join('\n')).toString('hex')
  return { ...headers, authorization: `AWS4-HMAC-SHA256 Credential=${id}/${scope}, SignedHeaders=${names.join(';')}, Signature=${signature}` }
}
