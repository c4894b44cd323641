// Every route of the server with odd inputs of odd types, as root: an answer each time, never an internal error,
// and the server goes on.
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { routesOf } from '../../src/core/mounts.ts'
import type { Route } from '../../src/kit/route.ts'
import { type Trial, startTrial } from '../server.test-aid.ts'
import { numbers, oddJson, oddSegments, pick } from './odd.test-aid.ts'

const rounds = 6
/** Milliseconds; a bound on the work of a run, not a claim about speed. */
const longest = 12_000
const folder = mkdtempSync(join(tmpdir(), 'strongroom-fuzz-'))
let trial: Trial

before(async () => {
  trial = await startTrial({ audit_folder: folder })
  const { plugins } = trial.server.core.mounts
  for (const type of plugins.secret.keys()) await trial.ask('POST', `sys/mounts/fuzz-${type}`, { type })
  for (const type of plugins.auth.keys()) await trial.ask('POST', `sys/auth/fuzz-${type}`, { type })
  await trial.must('POST', 'sys/namespaces/tenant')
})
after(async () => {
  await trial.stop()
  rmSync(folder, { recursive: true, force: true })
})

const methods: Record<Route['op'], string> = { read: 'GET', write: 'POST', patch: 'PATCH', delete: 'DELETE', list: 'LIST', scan: 'SCAN' }

/** What would end the trial itself, or lock it out. */
const spared = (mount: string, { op, path }: Route): boolean =>
  (mount === 'sys/' && (/^(seal|step-down|storage\/raft|rekey|rotate|generate-root|quotas|config\/reload|monitor|pprof|events\/subscribe|leases\/revoke|revoke)/.test(path) || (op === 'delete' && /^(mounts|auth|namespaces)/.test(path)) || /api-lock|remount/.test(path)))
  || (mount === 'auth/token/' && path.startsWith('revoke'))

const usual: Record<string, string> = { string: '"abc"', integer: '1', boolean: 'true', array: '["a"]', object: '{"a":"b"}' }

function bodyOf(route: Route, next: () => number): string {
  const names = Object.keys(route.takes)
  const wild = next() < 0.2
  const chosen = pick([...names, 'data'], next)
  const members = names.map((name) => {
    const odd = wild ? next() < 0.6 : name === chosen
    return `${JSON.stringify(name)}:${odd ? pick(oddJson, next) : (usual[String(route.takes[name]!.json.type)] ?? '"abc"')}`
  })
  return `{${[...members.filter(() => !wild || next() < 0.8), `"extra":${pick(oddJson, next)}`].join(',')}}`
}

const pathOf = (route: Route, next: () => number): string =>
  route.path
    .split('/')
    .map((segment) => (!segment.startsWith(':') ? segment : segment.endsWith('*') && next() < 0.5 ? `${pick(oddSegments, next)}/${pick(oddSegments, next)}` : next() < 0.7 ? 'a' : pick(oddSegments, next)))
    .join('/')

test('no input makes an internal error', async () => {
  const next = numbers(20_240_601)
  const { core } = trial.server
  const broken = new Set<string>()
  const mounts = core.mounts.all().filter((mount) => mount.namespace.path === '' || mount.builtin)
  const ends = Date.now() + longest
  let asked = 0
  for (let round = 0; round < rounds && Date.now() < ends; round++) {
    for (const mount of mounts) {
      for (const route of routesOf(mount)) {
        if (spared(mount.record.path, route)) continue
        const method = methods[route.op]
        const path = `${mount.record.path}${pathOf(route, next)}`
        const body = method === 'POST' || method === 'PATCH' ? bodyOf(route, next) : undefined
        const headers = { 'x-vault-namespace': mount.namespace.path, ...(method === 'PATCH' && { 'content-type': 'application/merge-patch+json' }), ...(next() < 0.05 && { 'x-vault-wrap-ttl': '60s' }) }
        const before = trial.logged.length
        const { status, text } = await trial.ask(method, path, body, { headers })
        asked++
        if (status === 500) broken.add(`${method} ${mount.fullPath}${route.path} (${path.slice(0, 80)}) ${body?.slice(0, 400) ?? ''}\n  ${text}  ${trial.logged.slice(before).join(' ').slice(0, 600)}`)
      }
    }
  }
  assert.deepEqual([...broken], [])
  assert.ok(asked > 500, `${asked} requests`)
  assert.equal(({} as { polluted?: string }).polluted, undefined)
  assert.equal((await trial.ask('GET', 'sys/health')).status, 200)
  assert.equal((await trial.ask('GET', 'auth/token/lookup-self')).status, 200)
})
