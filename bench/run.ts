// Measures what we claim, each figure as a ratio within one run.
//   npm run bench                          every figure, beside the machine's own ceiling
//   npm run bench -- read write            some of them
//   npm run bench -- read --peer URL --peer-token T   beside another server of this machine with Vault's API
//   npm run bench -- postgres --postgres postgres://… --peer URL --peer-token T   beside such a server on the same PostgreSQL; the database must be empty
//   npm run bench -- aws --peer URL                   beside moto's server (`moto_server -p 5000`)
//   npm run bench -- scan --peer-scan 'kingfisher=./kingfisher scan --no-validate'   beside a scanner that is not on PATH
import { globSync } from 'node:fs'
import { basename } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import type { Bench, Figure } from './figure.ts'
import { pidAt } from './process.ts'

const folder = fileURLToPath(new URL('.', import.meta.url))
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { peer: { type: 'string' }, 'peer-token': { type: 'string' }, 'peer-pid': { type: 'string' }, 'peer-scan': { type: 'string', multiple: true }, postgres: { type: 'string' }, quick: { type: 'boolean', default: false }, json: { type: 'boolean', default: false }, help: { type: 'boolean', default: false } },
})

const known: Record<string, Bench> = {}
for (const file of globSync('*.bench.ts', { cwd: folder }).sort()) known[basename(file, '.bench.ts')] = (await import(`./${file}`)) as Bench
const wanted = positionals.length > 0 ? positionals : Object.keys(known)
const unknown = wanted.filter((name) => !known[name])
if (values.help || unknown.length > 0) {
  for (const [name, bench] of Object.entries(known)) console.log(`${name.padEnd(12)} ${bench.about}`)
  if (unknown.length > 0) console.error(`unknown: ${unknown.join(', ')}`)
  process.exit(unknown.length > 0 ? 1 : 0)
}

const peer = values.peer === undefined ? null : { url: values.peer, token: values['peer-token'] ?? '', pid: values['peer-pid'] === undefined ? pidAt(values.peer) : Number(values['peer-pid']) }
if (peer && !(peer.pid > 0)) throw new Error(`${peer.url}: no process of this machine listens there; name it with --peer-pid`)
const scanners = Object.fromEntries((values['peer-scan'] ?? []).map((given) => [given.slice(0, given.indexOf('=')), given.slice(given.indexOf('=') + 1).split(' ')]))
const all: Record<string, Figure[]> = {}
for (const name of wanted) {
  console.error(`… ${name}: ${known[name]!.about}`)
  all[name] = await known[name]!.run({ peer, scanners, postgres: values.postgres ?? null, quick: values.quick })
  if (!values.json) show(name, all[name])
}
if (values.json) console.log(JSON.stringify(all, null, 1))
process.exit(0)

function show(name: string, figures: readonly Figure[]): void {
  console.log(`\n${name}`)
  for (const figure of figures) {
    const target = figure.target === undefined ? '' : `  to reach ${figure.target}`
    const verdict = figure.holds === undefined ? '' : figure.holds ? '  holds' : '  DOES NOT HOLD'
    console.log(`  ${figure.name.padEnd(58)} ${figure.value.toFixed(figure.value < 10 ? 2 : 0).padStart(10)} ${figure.unit.padEnd(14)}${target}${verdict}`)
  }
}
