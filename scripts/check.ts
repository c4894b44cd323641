// What must hold before a change lands: types, lint, generated files up to date. The architecture is a test of its own.
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const steps: [string, string[]][] = [
  ['types', ['node_modules/typescript/bin/tsc', '-p', '.']],
  ['lint', ['node_modules/oxlint/bin/oxlint', '--deny-warnings', 'src', 'test', 'scripts', 'bench']],
  ['architecture', ['--test', '--test-reporter=dot', 'test/architecture.test.ts']],
  ['goldens', ['scripts/gen.ts', '--check']],
]
let failed = 0
for (const [name, args] of steps) {
  const { status } = spawnSync(process.execPath, args, { cwd: root, stdio: 'inherit' })
  console.log(`${status === 0 ? 'ok  ' : 'FAIL'} ${name}`)
  if (status !== 0) failed++
}
process.exit(failed > 0 ? 1 : 0)
