// Signature Version 4: what a request says about its signature, and whether the signature is right.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
import { createHmac, hash, timingSafeEqual } from 'node:crypto'
import { AwsFault } from './errors.ts'

export type Headers = Readonly<Record<string, string | string[] | undefined>>

export interface Signed {
  method: string
  /** As on the request line, query included. */
  url: string
  headers: Headers
  body: Uint8Array
}

export interface Signature {
  keyId: string
  /** YYYYMMDD of the credential scope. */
  date: string
  region: string
  service: string
  signedHeaders: string[]
  signature: string
  /** YYYYMMDD'T'HHMMSS'Z', as sent. */
  time: string
  sessionToken: string | null
  /** Seconds that a presigned URL is good for; null where the signature is in a header. */
  expires: number | null
}

const algorithm = 'AWS4-HMAC-SHA256'
/** Seconds by which clocks may differ. */
const allowedSkew = 300
/** Seven days: the longest life of a presigned URL. */
const longestExpiry = 604_800

const incomplete = (message: string): AwsFault => new AwsFault('IncompleteSignatureException', message)
const one = (value: string | string[] | undefined): string | undefined => (Array.isArray(value) ? value[0] : value)

/** Reads header or query; throws as AWS does where parts are missing, `null` where nothing is signed. */
export function readSignature({ url, headers }: Signed): Signature | null {
  const authorization = one(headers.authorization)
  const query = url.includes('X-Amz-Algorithm=') || url.includes('X-Amz-Signature=') ? new URL(url, 'http://localhost').searchParams : null
  if (authorization === undefined) return query && fromQuery(query)
  if (query) throw incomplete('Only one auth mechanism allowed; only the X-Amz-Algorithm query parameter, Signature query string parameter or the Authorization header should be specified')
  return fromHeader(authorization, headers)
}

type Claimed = Pick<Signature, 'keyId' | 'date' | 'region' | 'service' | 'signedHeaders'>

/** What stands before a signature is the same in a client's requests for a day: it is taken apart once. */
const claimed = new Map<string, Claimed>()
const [mostClaimed, longestClaimed] = [1000, 512]
const last = 'Signature='

function fromHeader(authorization: string, headers: Headers): Signature {
  const at = authorization.lastIndexOf(last) + last.length
  const known = at < authorization.length ? claimed.get(authorization.slice(0, at)) : undefined
  const { keyId, date, region, service, signedHeaders, signature } = known ? { ...known, signature: authorization.slice(at) } : partsOf(authorization, at)
  const time = one(headers['x-amz-date']) ?? compactDate(one(headers.date))
  if (time === undefined) throw incomplete("Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header.")
  return { keyId, date, region, service, signedHeaders, signature, time, sessionToken: one(headers['x-amz-security-token']) ?? null, expires: null }
}

/** `end`: where a signature that stands last begins. */
function partsOf(authorization: string, end: number): Claimed & { signature: string } {
  const space = authorization.indexOf(' ')
  const scheme = space < 0 ? authorization : authorization.slice(0, space)
  checkAlgorithm(scheme)
  const parts: Record<string, string> = {}
  for (const part of authorization.slice(scheme.length).split(',')) {
    const at = part.indexOf('=')
    if (at > 0) parts[part.slice(0, at).trim()] = part.slice(at + 1).trim()
  }
  const missing = ['Credential', 'Signature', 'SignedHeaders'].filter((name) => !parts[name])
  if (missing.length > 0) throw incomplete(missing.map((name) => `Authorization header requires '${name}' parameter.`).join(' '))
  const made: Claimed = { ...scopeOf(parts.Credential!), signedHeaders: parts.SignedHeaders!.split(';') }
  const signature = parts.Signature!
  if (authorization.slice(end) === signature && end <= longestClaimed) {
    if (claimed.size >= mostClaimed) claimed.clear()
    claimed.set(authorization.slice(0, end), made)
  }
  return { ...made, signature }
}

function fromQuery(query: URLSearchParams): Signature {
  checkAlgorithm(query.get('X-Amz-Algorithm') ?? '')
  const names = ['X-Amz-Credential', 'X-Amz-Signature', 'X-Amz-SignedHeaders', 'X-Amz-Date', 'X-Amz-Expires']
  const missing = names.filter((name) => !query.get(name))
  if (missing.length > 0) throw incomplete(missing.map((name) => `AWS query-string parameters must include '${name}'.`).join(' '))
  const expires = Number(query.get('X-Amz-Expires'))
  if (!Number.isInteger(expires) || expires < 1 || expires > longestExpiry) throw incomplete('X-Amz-Expires must be a number of seconds between 1 and 604800.')
  return { ...scopeOf(query.get('X-Amz-Credential')!), signedHeaders: query.get('X-Amz-SignedHeaders')!.split(';'), signature: query.get('X-Amz-Signature')!, time: query.get('X-Amz-Date')!, sessionToken: query.get('X-Amz-Security-Token'), expires }
}

function checkAlgorithm(name: string): void {
  if (name === algorithm) return
  if (name.startsWith('AWS4-ECDSA')) throw incomplete('Signature Version 4A is not supported: sign with AWS4-HMAC-SHA256.')
  throw incomplete(`Unsupported AWS 'algorithm': '${name.slice(0, 64)}'.`)
}

function scopeOf(credential: string): Pick<Signature, 'keyId' | 'date' | 'region' | 'service'> {
  const parts = credential.split('/')
  // An access key id has no slash; the scope is the last four parts.
  if (parts.length !== 5 || parts[4] !== 'aws4_request' || !/^\d{8}$/.test(parts[1]!)) {
    throw incomplete("Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term.")
  }
  return { keyId: parts[0]!, date: parts[1]!, region: parts[2]!, service: parts[3]! }
}

/** `Sun, 22 Nov 2020 12:00:00 GMT` in the compact form; undefined where it is no date. */
function compactDate(date: string | undefined): string | undefined {
  if (date === undefined || /^\d{8}T\d{6}Z$/.test(date)) return date
  const ms = Date.parse(date)
  return Number.isNaN(ms) ? undefined : compact(ms)
}

export const compact = (ms: number): string => `${new Date(ms).toISOString().slice(0, 19).replace(/[-:]/g, '')}Z`

/** Requests of one second say the same. */
let latest = { time: '', ms: 0 }

function millisecondsOf(time: string): number {
  if (time !== latest.time) latest = { time, ms: readTime(time) }
  return latest.ms
}

function readTime(time: string): number {
  const [, year, month, day, hour, minute, second] = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(time) ?? []
  if (year === undefined) throw incomplete(`Date must be in ISO-8601 'basic format'. Got '${time.slice(0, 32)}'.`)
  return Date.UTC(Number(year), Number(month) - 1, Number(day), Number(hour), Number(minute), Number(second))
}

const minutes = allowedSkew / 60

/** Refuses signatures that are too old, too young or past their expiry. */
export function checkTime(signature: Signature, now: number): void {
  const { time, date, expires } = signature
  const signed = millisecondsOf(time)
  if (!time.startsWith(date)) throw refused(`Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: '${date}' != '${time.slice(0, 8)}', from '${time}'.`)
  const early = now + allowedSkew * 1000
  if (signed > early) throw refused(`Signature not yet current: ${time} is still later than ${compact(early)} (${compact(now)} + ${minutes} min.)`)
  const life = expires === null ? allowedSkew : expires
  if (signed + life * 1000 >= now) return
  if (expires !== null) throw refused(`Signature expired: ${time} is now earlier than ${compact(now - expires * 1000)} (${compact(now)} - ${expires} s)`)
  throw refused(`Signature expired: ${time} is now earlier than ${compact(now - allowedSkew * 1000)} (${compact(now)} - ${minutes} min.)`)
}

const refused = (message: string): AwsFault => new AwsFault('InvalidSignatureException', message)

/** What a client sees of any wrong signature. */
export const mismatch = (): AwsFault =>
  refused('The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details.')

/** `host` and every `x-amz-*` header of the request must be signed, or who is in between could change them. */
export function checkSignedHeaders(signature: Signature, headers: Headers): void {
  const { signedHeaders } = signature
  if (!signedHeaders.includes('host')) throw refused("'Host' must be a 'SignedHeader' in the AWS Authorization.")
  for (const name in headers) {
    if (name.startsWith('x-amz-') && !signedHeaders.includes(name)) throw refused(`'${name}' must be a 'SignedHeader' in the AWS Authorization.`)
  }
}

/** SHA-256 of the body; refuses a request that declares another one, or none. */
export function payloadHash(body: Uint8Array, headers: Headers): string {
  const digest = hash('sha256', body, 'hex')
  const declared = one(headers['x-amz-content-sha256'])
  if (declared === undefined || declared === digest) return digest
  if (/^(UNSIGNED-PAYLOAD|STREAMING-)/.test(declared)) throw refused('The payload must be signed: UNSIGNED-PAYLOAD is not accepted.')
  throw refused("The provided 'x-amz-content-sha256' header does not match what was computed.")
}

const escape = (text: string): string => encodeURIComponent(text).replace(/[!'()*]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`)

/** RFC 3986 dot segments removed, each remaining segment encoded once more than it came. */
function canonicalPath(path: string): string {
  if (path === '/' || path === '') return '/'
  const kept: string[] = []
  for (const segment of path.split('/')) {
    if (segment === '..') kept.pop()
    else if (segment !== '.' && segment !== '') kept.push(escape(segment))
  }
  return `/${kept.join('/')}${path.endsWith('/') && kept.length > 0 ? '/' : ''}`
}

function canonicalQuery(query: string): string {
  if (query === '') return ''
  const decode = (text: string): string => {
    try {
      return decodeURIComponent(text)
    } catch {
      return text
    }
  }
  const pairs = query.split('&').filter((pair) => pair !== '').map((pair) => {
    const at = pair.indexOf('=')
    const [name, value] = at < 0 ? [pair, ''] : [pair.slice(0, at), pair.slice(at + 1)]
    return [escape(decode(name)), escape(decode(value))] as const
  })
  const order = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)
  return pairs.filter(([name]) => name !== 'X-Amz-Signature').sort((a, b) => order(a[0], b[0]) || order(a[1], b[1])).map(([name, value]) => `${name}=${value}`).join('&')
}

const unusual = /[^ -~]| {2}|^ | $/
const canonicalValue = (value: string): string => (unusual.test(value) ? value.trim().replace(/\s+/g, ' ') : value)

/** Step 1 of the specification. */
export function canonicalRequest({ method, url, headers }: Omit<Signed, 'body'>, signedHeaders: readonly string[], bodyHash: string): string {
  const mark = url.indexOf('?')
  const path = mark < 0 ? url : url.slice(0, mark)
  let text = `${method}\n${canonicalPath(path)}\n${mark < 0 ? '' : canonicalQuery(url.slice(mark + 1))}\n`
  for (const name of signedHeaders) {
    const value = headers[name] ?? ''
    text += `${name}:${typeof value === 'string' ? canonicalValue(value) : value.map(canonicalValue).join(',')}\n`
  }
  return `${text}\n${signedHeaders.join(';')}\n${bodyHash}`
}

/** Step 2. */
export const stringToSign = ({ time, date, region, service }: Pick<Signature, 'time' | 'date' | 'region' | 'service'>, canonical: string): string =>
  `${algorithm}\n${time}\n${date}/${region}/${service}/aws4_request\n${hash('sha256', canonical, 'hex')}`

const hmac = (key: Uint8Array | string, text: string): Buffer => createHmac('sha256', key).update(text).digest()

/** Step 3: good for one day, region and service. An HMAC under it is step 4. */
export const signingKey = (secret: string, { date, region, service }: Pick<Signature, 'date' | 'region' | 'service'>): Buffer =>
  hmac(hmac(hmac(hmac(`AWS4${secret}`, date), region), service), 'aws4_request')

/** Whether the request was signed with the key behind `sign`; takes the same time wherever the two differ. */
export function isSignedWith(sign: (text: string) => string, request: Signed, signature: Signature): boolean {
  const canonical = canonicalRequest(request, signature.signedHeaders, payloadHash(request.body, request.headers))
  const expected = Buffer.from(sign(stringToSign(signature, canonical)))
  const given = Buffer.from(signature.signature)
  return given.length === expected.length && timingSafeEqual(given, expected)
}
