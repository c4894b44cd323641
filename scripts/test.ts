// Runs the suite: every test beside its source and below `test/`, but for the folders that have scripts of their own.
//   npm test                 everything that needs nothing but npm
//   npm test -- PATH …       only these files or folders
//   npm test -- --in FOLDER  a named suite (clients, databases, faults …)
import { spawn } from 'node:child_process'
import { globSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const named = ['clients', 'databases', 'faults', 'kubernetes']
const given = process.argv.slice(2)
const suite = given[0] === '--in' ? given[1] : undefined

function files(): string[] {
  if (suite !== undefined) return globSync(`test/${suite}/**/*.test.ts`, { cwd: root })
  if (given.length > 0) return given.flatMap((path) => (path.endsWith('.ts') ? [path] : globSync(`${path}/**/*.test.ts`, { cwd: root })))
  return globSync('{src,test,bench}/**/*.test.ts', { cwd: root }).filter((file) => !named.some((folder) => file.startsWith(`test/${folder}/`)))
}

const found = files().sort()
if (found.length === 0) {
  console.error('no test files found')
  process.exit(1)
}
const counts = { pass: 0, fail: 0 }
const runner = spawn(process.execPath, ['--no-warnings', '--test', '--test-concurrency=2', '--test-timeout=300000', '--test-reporter=spec', ...found], { cwd: root, stdio: ['ignore', 'pipe', 'inherit'] })
let tail = ''
runner.stdout.on('data', (chunk: Buffer) => {
  process.stdout.write(chunk)
  tail = (tail + chunk.toString()).slice(-4096)
})
runner.on('close', (code) => {
  for (const name of ['pass', 'fail'] as const) counts[name] = Number(new RegExp(`ℹ ${name} (\\d+)`).exec(tail)?.[1] ?? 0)
  console.log(`${counts.pass} passed, ${counts.fail} failed`)
  // A named suite may lack what it needs on this machine; it says so and skips.
  process.exit(code === 0 && (counts.pass > 0 || suite !== undefined) ? 0 : 1)
})
