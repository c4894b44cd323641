import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { test } from 'node:test'
import { startDev } from '../../test/dev-server.ts'
import { prometheusText } from './exposition.ts'
import { Timer, mergeSamples, quantile } from './metrics.ts'

const canary = 'canary-value-of-a-secret'

test('quantiles are right to within a class', () => {
  const timer = new Timer()
  for (let milliseconds = 1; milliseconds <= 1000; milliseconds++) timer.observe(milliseconds)
  for (const part of [0.5, 0.9, 0.99]) {
    const found = quantile(timer.summary, part)
    assert.ok(found >= 1000 * part && found <= 1000 * part * Math.SQRT2 * 1.01, `${part}: ${found}`)
  }
  assert.ok(Number.isNaN(quantile(new Timer().summary, 0.5)))
  timer.observe(0)
  timer.observe(1e12)
  assert.equal(timer.summary.count, 1002)
})

test('processes add up, and what is seen twice counts once', () => {
  const [one, other] = [new Timer(), new Timer()]
  one.observe(1)
  other.observe(3)
  const samplesOf = (timer: Timer, value: number) => [
    { name: 'a', about: 'A.', kind: 'summary' as const, summary: timer.summary },
    { name: 'b', about: 'B.', kind: 'counter' as const, labels: { code: '2xx' }, value },
    { name: 'c', about: 'C.', kind: 'gauge' as const, value, join: 'max' as const },
  ]
  const [a, b, c] = mergeSamples([samplesOf(one, 2), samplesOf(other, 5)])
  assert.deepEqual([a!.summary!.count, a!.summary!.sum, b!.value, c!.value], [2, 4, 7, 5])
  assert.match(prometheusText([b!]), /^# HELP strongroom_b B\.\n# TYPE strongroom_b counter\nstrongroom_b\{code="2xx"\} 7\n# HELP vault_b/)
})

test('sys/metrics under Vault\'s names, by policy, without a secret', async () => {
  const dev = await startDev({ audit: { file: { file: { options: { file_path: 'discard' } } } } })
  try {
    await dev.client.write(`secret/data/${canary}`, { data: { value: canary } })
    await assert.rejects(dev.client.read('secret/data/a/../b').then(() => dev.client.read('nowhere/x')))
    const answer = await dev.client.request('GET', 'sys/metrics', { query: { format: 'prometheus' } })
    const text = await answer.text()
    assert.match(answer.header('content-type')!, /version=0\.0\.4/)
    for (const name of ['vault_core_handle_request_count', 'vault_core_unsealed 1', 'vault_barrier_get_count', 'vault_barrier_put_sum', 'vault_audit_log_request_count', 'vault_token_creation', 'vault_token_count', 'vault_expire_num_leases 0', 'vault_runtime_alloc_bytes', 'vault_core_response_status_code{code="4xx"}', 'strongroom_core_handle_request{quantile="0.99"}'])
      assert.ok(text.includes(name), name)
    assert.ok(!text.includes(canary) && !text.includes(dev.token))
    for (const line of text.trim().split('\n')) assert.match(line, /^(# (HELP|TYPE) [a-z_]+ .+|[a-z_]+(\{[a-z_]+="[^"]*"(,[a-z_]+="[^"]*")*\})? (-?[\d.e+-]+|NaN))$/)
    const json = (await dev.client.json('GET', 'sys/metrics')) as { Gauges: { Name: string; Value: number }[] }
    assert.equal(json.Gauges.find(({ Name }) => Name === 'vault.core.unsealed')?.Value, 1)
    assert.equal((await fetch(`${dev.address}/v1/sys/metrics`)).status, 403)
  } finally {
    await dev.stop()
  }
})

test('a listener may answer metrics to anybody', async () => {
  const dev = await startDev({}, { unauthenticated_metrics_access: true })
  try {
    assert.match(await (await fetch(`${dev.address}/v1/sys/metrics?format=prometheus`)).text(), /vault_core_unsealed 1/)
    await dev.client.write('sys/seal')
    assert.match(await (await fetch(`${dev.address}/v1/sys/metrics?format=prometheus`)).text(), /vault_core_unsealed 0/)
  } finally {
    await dev.stop()
  }
})

test('spans name the route\'s template and never what was asked', async () => {
  const bodies: string[] = []
  const trace = '0af7651916cd43dd8448eb211c80319c'
  const collector = createServer((request, response) => {
    let body = ''
    request.on('data', (chunk: Buffer) => (body += chunk.toString())).on('end', () => {
      bodies.push(`${request.url} ${request.headers['x-key']} ${body}`)
      response.end('{}')
    })
  })
  await new Promise<void>((done) => collector.listen(0, '127.0.0.1', done))
  const dev = await startDev({ telemetry: { otlp_endpoint: `http://127.0.0.1:${(collector.address() as AddressInfo).port}`, otlp_headers: { 'x-key': 'k' } } })
  try {
    await dev.client.request('PUT', `secret/data/${canary}`, { body: { data: { value: canary } }, headers: { traceparent: `00-${trace}-b7ad6b7169203331-01` } })
    await dev.client.request('GET', 'nowhere/x', { accept: [404] })
  } finally {
    await dev.stop()
    collector.close()
  }
  const all = bodies.join('\n')
  assert.match(all, /^\/v1\/traces k \{/)
  const spans = bodies.flatMap((body) => (JSON.parse(body.slice(body.indexOf('{'))) as { resourceSpans: { scopeSpans: { spans: { name: string; traceId: string; parentSpanId?: string }[] }[] }[] }).resourceSpans[0]!.scopeSpans[0]!.spans)
  const written = spans.find((span) => span.name === 'write secret/data/:path*')
  assert.deepEqual([written?.traceId, written?.parentSpanId], [trace, 'b7ad6b7169203331'])
  assert.ok(spans.some((span) => span.name === 'read unknown'))
  assert.ok(!all.includes(canary) && !all.includes(dev.token))
})

test('sys/monitor streams lines of its own level until the server stops', async () => {
  const dev = await startDev()
  const answer = await dev.client.request('GET', 'sys/monitor', { query: { log_level: 'debug', log_format: 'json' }, timeout: 0 })
  const stream = answer.stream()[Symbol.asyncIterator]()
  dev.log.write('debug', 'a line for those who watch', { number: 1 })
  const line = JSON.parse(Buffer.from((await stream.next()).value!).toString()) as Record<string, unknown>
  assert.deepEqual([line['@level'], line['@message'], line.number], ['debug', 'a line for those who watch', 1])
  assert.equal(dev.lines.length, 0)
  await dev.stop()
  assert.equal((await stream.next()).done, true)
})

test('profiles: the CPU\'s, and none that would hold secrets', async () => {
  const dev = await startDev()
  try {
    const profile = (await dev.client.json('GET', 'sys/pprof/profile', { query: { seconds: 1 } })) as { nodes: unknown[]; startTime: number }
    assert.ok(profile.nodes.length > 0)
    await assert.rejects(dev.client.request('GET', 'sys/pprof/heap'), /would hold secrets/)
    await assert.rejects(dev.client.request('GET', 'sys/pprof/profile', { query: { seconds: 100 } }), /1 to 60/)
    assert.match(await (await dev.client.request('GET', 'sys/pprof/cmdline')).text(), /node/)
    const history = (await dev.client.list('sys/version-history'))?.data?.keys
    assert.ok(Array.isArray(history) && history.length === 1)
  } finally {
    await dev.stop()
  }
})
