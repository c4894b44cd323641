// Writes what is derived from the declarations: `docs/openapi.json`, `docs/paths.txt`, `docs/configuration.md`.
// With `--check` it only compares, and fails where a file is out of date.
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { settings, toConfig } from '../src/config.ts'
import { routesOf } from '../src/core/mounts.ts'
import { type RouteSet, openApi, openPath } from '../src/derive/openapi.ts'
import { services } from '../src/dialects/aws/services.ts'
import { engines } from '../src/engines/index.ts'
import type { Route } from '../src/kit/route.ts'
import { makeLog } from '../src/log.ts'
import { startServer } from '../src/server.ts'
import { version } from '../src/version.ts'

const root = fileURLToPath(new URL('..', import.meta.url))

/** Every route there is: the built-in mounts, and each engine and auth method where it is usually mounted. */
async function routeSets(): Promise<RouteSet[]> {
  const server = await startServer({ ...toConfig({ storage: { memory: {} }, raw_storage_endpoint: true }), listeners: [] }, makeLog('error', 'standard', console.error))
  const builtin = server.core.mounts.of('').map((mount) => ({ mount: mount.record.path, type: mount.record.type, routes: routesOf(mount) }))
  const methods = [...server.core.mounts.plugins.auth.values()]
  await server.stop()
  const variants = engines.flatMap((engine) => (engine.variant ? [{ mount: `${engine.type}-v1/`, type: engine.type, routes: engine.variant({ version: '1' }) }, { mount: `${engine.type}/`, type: engine.type, routes: engine.variant({ version: '2' }) }] : [{ mount: `${engine.type}/`, type: engine.type, routes: engine.routes }]))
  return [...builtin, ...variants, ...methods.map((method) => ({ mount: `auth/${method.type}/`, type: method.type, routes: method.routes }))]
}

const letters: Record<Route['op'], string> = { read: 'R', write: 'W', patch: 'P', delete: 'D', list: 'L', scan: 'S' }

/** One line a path: its operations, `open` and `sudo` marked, what it is for. */
function pathsText(sets: readonly RouteSet[]): string {
  const lines = sets.flatMap((set) => {
    const byPath = new Map<string, Route[]>()
    for (const route of set.routes) byPath.set(route.path, [...(byPath.get(route.path) ?? []), route])
    return [...byPath].map(([path, routes]) => {
      const operations = Object.entries(letters).filter(([op]) => routes.some((route) => route.op === op)).map(([, letter]) => letter).join('')
      const marks = [...(routes.some((route) => route.access === 'open') ? ['open'] : []), ...(routes.some((route) => route.access === 'sudo') ? ['sudo'] : [])].join(' ')
      return `${(set.mount + openPath(path)).padEnd(64)} ${operations.padEnd(6)} ${marks.padEnd(10)} ${routes[0]!.about}`.trimEnd()
    })
  })
  return `${lines.sort().join('\n')}\n`
}

function configurationText(): string {
  const tables = Object.entries(settings).map(([name, fields]) => {
    const rows = Object.entries(fields).map(([key, field]) => `| \`${key}\` | ${String(field.json.type ?? 'any')}${field.json.enum ? ` (${(field.json.enum as string[]).join(', ')})` : ''} | ${field.default === undefined ? '' : `\`${JSON.stringify(field.default)}\``} | ${field.about} |`)
    return [`## ${name}`, '', '| setting | type | default | what it does |', '| --- | --- | --- | --- |', ...rows, ''].join('\n')
  })
  return `# Configuration\n\nHCL with Vault's stanzas, or the same fields in YAML or JSON.\n\n${tables.join('\n')}`
}

/** What the policy language is asked for each operation of AWS's dialect. */
function awsText(): string {
  const tables = services.map((service) => {
    const rows = [...service.operations].sort((a, b) => (a.name < b.name ? -1 : 1)).map(({ name, about, access }) => `| \`${name}\` | ${access.map(({ op, path }) => `\`${op}\` \`${path}\``).join('<br>')} | ${about} |`)
    return [`## ${service.name}`, '', '| operation | capability and path | what it does |', '| --- | --- | --- |', ...rows, ''].join('\n')
  })
  return `# AWS operations and policies\n\nEach operation of a client of AWS becomes requests to these paths of the caller's namespace, under the same policies as any other request. \`write\` is \`create\` or \`update\` in a policy. Mounts are the usual ones; \`auth/aws/config\` changes them.\n\n${tables.join('\n')}`
}

const sets = await routeSets()
const wanted: Record<string, string> = {
  'docs/openapi.json': `${JSON.stringify(openApi(sets, version), null, 1)}\n`,
  'docs/paths.txt': pathsText(sets),
  'docs/configuration.md': configurationText(),
  'docs/aws-operations.md': awsText(),
}
const check = process.argv.includes('--check')
const stale = Object.entries(wanted).filter(([file, content]) => !existsSync(root + file) || readFileSync(root + file, 'utf8') !== content)
for (const [file, content] of stale) {
  if (check) console.error(`${file} is out of date: run npm run gen`)
  else writeFileSync(root + file, content)
}
process.exit(check && stale.length > 0 ? 1 : 0)
