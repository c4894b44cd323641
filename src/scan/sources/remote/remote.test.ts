import assert from 'node:assert/strict'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { test, type TestContext } from 'node:test'
import { gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { awsKey } from '../../formats/scan.test-aid.ts'
import { Scanner } from '../../match/scanner.ts'
import { aws } from '../../rules/aws.ts'
import { ScanError } from '../../scan-error.ts'
import { readList, scanBucket } from './bucket.ts'
import { scanCommits } from './commits.ts'

const scanner = new Scanner({ rules: aws, detectors: [] })
const id = 'c'.repeat(40)
const warn = assert.fail

async function serve(t: TestContext, answer: (url: URL, request: IncomingMessage) => string | Buffer | object | number): Promise<string> {
  const server = createServer((request, response) => {
    const body = answer(new URL(request.url!, 'http://x'), request)
    if (typeof body === 'number') response.writeHead(body, { 'retry-after': '0' }).end()
    else response.end(typeof body === 'string' || Buffer.isBuffer(body) ? body : JSON.stringify(body))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.after(() => server.close())
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

const diff = (path: string): string => `diff --git a/${path} b/${path}\n--- a/${path}\n+++ b/${path}\n@@ -1,1 +1,2 @@\n context\n+key ${awsKey()}\n`
const summary = (findings: Awaited<ReturnType<typeof scanCommits>>): unknown[] => findings.map((one) => [one.file, one.line, one.commit!.id, one.commit!.author, one.commit!.email])
const expected = [['src/a.txt', 2, id, 'Ann', 'ann@example.com']]

test('commits of GitHub, page by page, through a rate limit', async (t) => {
  let limited = true
  const endpoint = await serve(t, (url, request) => {
    assert.equal(request.headers.authorization, 'Bearer t')
    if (limited) {
      limited = false
      return 429
    }
    if (url.pathname === '/repos/o/r/commits') {
      const commit = { sha: id, commit: { author: { name: 'Ann', email: 'ann@example.com', date: '2024-01-01T00:00:00Z' }, message: 'm\nmore' } }
      return url.searchParams.get('page') === '1' ? Array.from({ length: 100 }, (_, n) => ({ ...commit, sha: n.toString(16).padStart(40, '0') })) : [commit]
    }
    assert.equal(request.headers.accept, 'application/vnd.github.diff')
    return url.pathname.endsWith(id) ? diff('src/a.txt') : ''
  })
  assert.deepEqual(summary(await scanCommits(scanner, 'github', 'o/r', { endpoint, token: 't', limit: 101, warn })), expected)
})

test('commits of GitLab and Bitbucket', async (t) => {
  const gitlab = await serve(t, (url) => {
    if (url.pathname === '/api/v4/projects/g%2Fp/repository/commits') return [{ id, author_name: 'Ann', author_email: 'ann@example.com', authored_date: '', title: 'm' }]
    return url.pathname === `/api/v4/projects/g%2Fp/repository/commits/${id}/diff` ? [{ new_path: 'src/a.txt', diff: diff('x').split('\n').slice(3).join('\n') }] : 404
  })
  assert.deepEqual(summary(await scanCommits(scanner, 'gitlab', 'g/p', { endpoint: gitlab, warn })), expected)
  const bitbucket = await serve(t, (url) => {
    if (url.pathname === '/2.0/repositories/w/r/commits') return { values: [{ hash: id, author: { raw: 'Ann <ann@example.com>' }, date: '', message: '' }] }
    return url.pathname === `/2.0/repositories/w/r/diff/${id}` ? diff('src/a.txt') : 404
  })
  assert.deepEqual(summary(await scanCommits(scanner, 'bitbucket', 'w/r', { endpoint: bitbucket, warn })), expected)
})

test('a token goes to no other host', async (t) => {
  let seen = 0
  const other = await serve(t, () => ++seen)
  const server = createServer((request, response) => {
    if (request.url!.startsWith('/moved/')) response.end('[]')
    else response.writeHead(302, { location: request.url!.includes('/o/r/') ? `/moved${request.url}` : `${other}/` }).end()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.after(() => server.close())
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  assert.deepEqual(await scanCommits(scanner, 'github', 'o/r', { endpoint, token: 't', warn }), [])
  await assert.rejects(scanCommits(scanner, 'github', 'o/x', { endpoint, token: 't', warn }), ScanError)
  assert.equal(seen, 0)
})

test('what goes wrong is told', async (t) => {
  const endpoint = await serve(t, (url) => (url.pathname.endsWith('/commits') ? [{ sha: id }, { sha: '../../etc' }, 3] : 404))
  const warned: string[] = []
  assert.deepEqual(await scanCommits(scanner, 'github', 'o/r', { endpoint, warn: (path) => warned.push(path) }), [])
  assert.deepEqual(warned, [id])
  const bad = await serve(t, () => 'no JSON')
  await assert.rejects(scanCommits(scanner, 'github', 'o/r', { endpoint: bad, warn }), ScanError)
  await assert.rejects(scanCommits(scanner, 'github', '../x?y', { endpoint: bad, warn }), ScanError)
})

test('a bucket, page by page, signed, archives unpacked', async (t) => {
  const objects: Record<string, string | Buffer> = { 'logs/a b&c.txt': `x\n${awsKey()}`, 'logs/old.gz': gzipSync(awsKey()), 'logs/picture.png': awsKey(), 'logs/gone.txt': '' }
  const endpoint = await serve(t, (url, request) => {
    assert.match(request.headers.authorization ?? '', /^AWS4-HMAC-SHA256 Credential=id\/\d{8}\/eu-west-1\/s3\/aws4_request/)
    if (url.pathname !== '/my-bucket') return url.pathname.endsWith('gone.txt') ? 404 : (objects[decodeURIComponent(url.pathname.slice('/my-bucket/'.length))] ?? 404)
    assert.equal(url.searchParams.get('prefix'), 'logs/')
    const names = Object.keys(objects)
    const second = url.searchParams.get('continuation-token') === 'a&b'
    const list = (second ? names.slice(2) : names.slice(0, 2)).map((name) => `<Contents><Key>${name.replaceAll('&', '&amp;')}</Key><Size>9</Size></Contents>`).join('')
    return `<ListBucketResult>${list}${second ? '' : '<NextContinuationToken>a&amp;b</NextContinuationToken>'}</ListBucketResult>`
  })
  const warned: string[] = []
  const findings = await scanBucket(scanner, 's3://my-bucket/logs/', { endpoint, region: 'eu-west-1', credentials: { id: 'id', secret: 's' }, warn: (path) => warned.push(path) })
  assert.deepEqual(findings.map((one) => `${one.file}:${one.line}`), ['s3://my-bucket/logs/a b&c.txt:2', 's3://my-bucket/logs/old.gz:1'])
  assert.deepEqual(warned, ['s3://my-bucket/logs/gone.txt'])
  await assert.rejects(scanBucket(scanner, 's3://', { credentials: null, warn }), ScanError)
})

test('a list of any text is read', () => {
  fc.assert(fc.property(fc.string({ unit: fc.constantFrom('<Contents>', '<Key>', '</Key>', '<Size>', '9', '</Size>', '&#x110000;', '&amp;', 'a') }), (xml) => void readList(xml)))
})
