// The arrows of the house: who may import whom. Circles, families that see each other, long files and machine paths fail.
import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))

/** Each room of `src` and the rooms that it may import; a file directly in `src` is a room of its own. */
const arrows: Record<string, string[]> = {
  kit: [],
  crypto: [],
  sdk: [],
  hcl: ['kit'],
  clients: ['kit', 'crypto'],
  barrier: ['kit', 'crypto'],
  storage: ['kit'],
  seals: ['kit', 'crypto', 'clients'],
  audit: ['kit', 'clients'],
  engines: ['kit', 'crypto', 'clients'],
  auth: ['kit', 'crypto', 'clients'],
  core: ['kit', 'crypto', 'barrier', 'hcl'],
  system: ['kit', 'crypto', 'core', 'barrier', 'clients', 'derive', 'version.ts'],
  derive: ['kit'],
  snapshot: ['kit', 'core', 'barrier', 'storage'],
  telemetry: ['kit', 'core', 'log.ts'],
  http: ['kit', 'config.ts'],
  dialects: ['kit', 'core', 'http', 'crypto'],
  scan: ['kit', 'crypto', 'hcl'],
  agent: ['kit', 'sdk', 'hcl'],
  'version.ts': [],
  'log.ts': [],
  'config.ts': ['kit', 'hcl'],
  'housekeeping.ts': ['kit', 'core'],
  'workers.ts': ['*'],
  'worker-process.ts': ['*'],
  'server.ts': ['*'],
  'run.ts': ['*'],
  cli: ['kit', 'crypto', 'sdk', 'scan', 'agent', 'derive', 'hcl', 'core', 'run.ts', 'version.ts', 'server.ts', 'storage', 'seals', 'config.ts', 'log.ts', 'snapshot'],
}

/** Families: their units never see each other, only the family's `index.ts` names them. */
const families = ['storage', 'seals', 'audit', 'engines', 'auth', 'dialects']

const isTest = (file: string): boolean => /\.(test|test-aid)\.ts$|\/(contract|harness)\.ts$/.test(file)
const files = globSync('src/**/*.ts', { cwd: root }).map((file) => file.replaceAll('\\', '/')).sort()
const sources = new Map(files.map((file) => [file, readFileSync(join(root, file), 'utf8')]))

const importPattern = /^\s*(?:import|export)\b[^'"]*?\bfrom\s+['"](\.[^'"]+)['"]|\bimport\(\s*['"](\.[^'"]+)['"]\s*\)/gm
const importsOf = (file: string): string[] => [...sources.get(file)!.matchAll(importPattern)].map((found) => normalize(join(dirname(file), (found[1] ?? found[2])!)).replaceAll('\\', '/'))
/** Types alone make no circle: they are gone when the program runs. */
const typeOnly = (file: string, target: string): boolean => {
  const lines = [...sources.get(file)!.matchAll(importPattern)].filter((found) => normalize(join(dirname(file), (found[1] ?? found[2])!)).replaceAll('\\', '/') === target)
  return lines.every((found) => /^\s*(import|export) type\b/.test(found[0]))
}
const roomOf = (file: string): string => file.split('/')[1]!
const unitOf = (file: string): string | null => (families.includes(roomOf(file)) && file.split('/').length > 3 ? file.split('/')[2]! : null)

test('every room is known', () => {
  const unknown = [...new Set(files.filter((one) => !isTest(one)).map(roomOf))].filter((room) => !(room in arrows))
  assert.deepEqual(unknown, [], 'give the room its arrows in this test, and a line in the design')
})

test('arrows run down', () => {
  const wrong: string[] = []
  for (const file of files.filter((one) => !isTest(one))) {
    const room = roomOf(file)
    const allowed = arrows[room] ?? []
    for (const target of importsOf(file)) {
      const other = roomOf(target)
      if (!target.startsWith('src/')) wrong.push(`${file} -> ${target}`)
      else if (other !== room && !allowed.includes('*') && !allowed.includes(other)) wrong.push(`${file} -> ${target}`)
    }
  }
  assert.deepEqual(wrong, [])
})

test('units of a family never see each other', () => {
  const wrong: string[] = []
  for (const file of files.filter((one) => !isTest(one))) {
    const unit = unitOf(file)
    for (const target of importsOf(file)) {
      const other = unitOf(target)
      if (other === null || roomOf(target) !== roomOf(file)) continue
      if (unit === null ? !file.endsWith(`/index.ts`) : other !== unit) wrong.push(`${file} -> ${target}`)
    }
  }
  assert.deepEqual(wrong, [])
})

test('no import circles', () => {
  const state = new Map<string, 'open' | 'done'>()
  const circles: string[] = []
  const visit = (file: string, trail: string[]): void => {
    if (state.get(file) === 'done') return
    if (state.get(file) === 'open') return void circles.push([...trail.slice(trail.indexOf(file)), file].join(' -> '))
    state.set(file, 'open')
    for (const target of importsOf(file)) if (sources.has(target) && !typeOnly(file, target)) visit(target, [...trail, file])
    state.set(file, 'done')
  }
  for (const file of files) visit(file, [])
  assert.deepEqual(circles, [])
})

test('hand-written files stay under 400 lines', () => {
  const all = globSync('{src,test,bench,scripts}/**/*.ts', { cwd: root }).map((file) => file.replaceAll('\\', '/'))
  const long = all.filter((file) => !/\/(vectors|golden|generated)\//.test(file)).map((file) => [file, readFileSync(join(root, file), 'utf8').split('\n').length - 1] as const).filter(([, lines]) => lines > 400)
  assert.deepEqual(long, [])
})

test('only configuration reads the environment', () => {
  const readers = files.filter((file) => !isTest(file) && /\bprocess\.env\b/.test(sources.get(file)!) && !['src/config.ts', 'src/cli/environment.ts'].includes(file) && roomOf(file) !== 'scan')
  assert.deepEqual(readers, [])
})

test('core names no plugin, and names are specific', () => {
  const vague = files.filter((file) => /\/(utils?|helpers?|common|types|misc)(\.ts|\/)|-service\.ts$/.test(file))
  assert.deepEqual(vague, [])
})
