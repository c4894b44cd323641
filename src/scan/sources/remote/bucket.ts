// The objects of a bucket that speaks S3's protocol (https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html).
import { sign, type Credentials } from '../../aws-signature.ts'
import type { Finding } from '../../finding.ts'
import type { Scanner } from '../../match/scanner.ts'
import { ScanError } from '../../scan-error.ts'
import { contentOf } from '../archive/content.ts'
import { hasArchiveName, scanContent } from '../archive/index.ts'
import { openJob } from '../archive/job.ts'
import { hasBinaryName } from '../binary.ts'
import type { Warn } from '../directory.ts'
import { get, type Reply } from './http.ts'

export interface BucketOptions {
  endpoint?: string | undefined
  region?: string | undefined
  /** Null: requests are not signed. */
  credentials: Credentials | null
  /** Objects at most; default 100,000. */
  limit?: number
  warn: Warn
}

/** What AWS's own tools read from the environment. */
export function credentialsOf(environment: NodeJS.ProcessEnv): Pick<BucketOptions, 'credentials' | 'region'> {
  const { AWS_ACCESS_KEY_ID: id, AWS_SECRET_ACCESS_KEY: secret, AWS_SESSION_TOKEN: session, AWS_REGION, AWS_DEFAULT_REGION } = environment
  return { credentials: id && secret ? { id, secret, ...(session ? { session } : {}) } : null, region: AWS_REGION ?? AWS_DEFAULT_REGION }
}

const mostList = 16 << 20
const mostObject = 256 << 20

/** Findings of `s3://bucket/prefix`, named by that address. Throws ScanError when the bucket cannot be listed. */
export async function scanBucket(scanner: Scanner, address: string, options: BucketOptions): Promise<Finding[]> {
  const [, bucket = '', prefix = ''] = /^s3:\/\/([a-z\d][a-z\d.-]{1,62})(?:\/(.*))?$/s.exec(address) ?? []
  if (bucket === '') throw new ScanError('name the bucket as s3://BUCKET/PREFIX')
  const region = options.region ?? 'us-east-1'
  const base = new URL(`${bucket}/`, (options.endpoint ?? `https://s3.${region}.amazonaws.com`).replace(/\/?$/, '/'))
  const fetchObject = (url: URL, most: number): Promise<Reply> => {
    const signed = options.credentials ? sign({ method: 'GET', url }, options.credentials, { service: 's3', region }) : {}
    const { host: _, ...headers } = signed as Record<string, string>
    return get(url, headers, most)
  }
  const findings: Finding[] = []
  const job = openJob(scanner, options.warn, {}, scanContent)
  for await (const { key, size } of listObjects(base, prefix, fetchObject, options.limit ?? 100_000)) {
    const name = `s3://${bucket}/${key}`
    if (key.endsWith('/') || (hasBinaryName(key) && !hasArchiveName(key))) continue
    if (size > mostObject) {
      options.warn(name, `larger than ${mostObject} bytes`)
      continue
    }
    try {
      const reply = await fetchObject(new URL(key.split('/').map(encode).join('/'), base), mostObject)
      findings.push(...(await scanContent(job, contentOf(reply.body), name, 0)))
    } catch (error) {
      if (!(error instanceof ScanError)) throw error
      options.warn(name, error.message)
    }
  }
  return findings
}

const encode = (part: string): string => encodeURIComponent(part).replace(/[!'()*]/g, (mark) => `%${mark.charCodeAt(0).toString(16).toUpperCase()}`).replace(/^\.{1,2}$/, (dots) => '%2E'.repeat(dots.length))

async function* listObjects(base: URL, prefix: string, fetchObject: (url: URL, most: number) => Promise<Reply>, limit: number): AsyncGenerator<{ key: string; size: number }> {
  let token: string | undefined
  let count = 0
  do {
    const url = new URL(base)
    url.pathname = url.pathname.replace(/\/$/, '')
    for (const [name, value] of Object.entries({ 'list-type': '2', prefix, ...(token ? { 'continuation-token': token } : {}) })) url.searchParams.set(name, value)
    const { keys, next } = readList((await fetchObject(url, mostList)).body.toString('utf8'))
    for (const one of keys) {
      if (++count > limit) return
      yield one
    }
    if (next === token) return
    token = next
  } while (token)
}

const named: Record<string, string> = { lt: '<', gt: '>', amp: '&', quot: '"', apos: "'" }
const plain = (text: string): string =>
  text.replace(/&(?:#x([\da-f]{1,6})|#(\d{1,7})|(lt|gt|amp|quot|apos));/gi, (whole, hex?: string, digits?: string, name?: string) => {
    const code = hex ? parseInt(hex, 16) : Number(digits)
    return name ? named[name.toLowerCase()]! : code <= 0x10ffff ? String.fromCodePoint(code) : whole
  })

/** The objects of one answer, and what the next is asked by. */
export function readList(xml: string): { keys: { key: string; size: number }[]; next: string | undefined } {
  const keys = xml.split('<Contents>').slice(1).flatMap((part) => {
    const key = /<Key>([^<]{1,6000})<\/Key>/.exec(part)?.[1]
    return key === undefined ? [] : [{ key: plain(key), size: Number(/<Size>(\d{1,15})<\/Size>/.exec(part)?.[1] ?? 0) }]
  })
  const next = /<NextContinuationToken>([^<]{1,2000})<\/NextContinuationToken>/.exec(xml)?.[1]
  return { keys, next: next === undefined ? undefined : plain(next) }
}
