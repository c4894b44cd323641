import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { test } from 'node:test'
import { stdout } from './index.ts'

const program = `
import { stdout } from ${JSON.stringify(new URL('./index.ts', import.meta.url).href)}
const device = await stdout.open({}, { folder: null, networks: null, deadlineMs: Number(process.argv[1]), trusted: false })
try {
  await Promise.all(Array.from({ length: 2000 }, (_, i) => device.write(Buffer.from(JSON.stringify({ i, pad: 'x'.repeat(200) })))))
} catch (cause) {
  process.stderr.write(cause.message)
  process.exitCode = 3
}
await device.close()
`

test('stdout: lines arrive whole and in order through a pipe', async () => {
  const child = spawn(process.execPath, ['--input-type=module-typescript', '-e', program, '5000'], { stdio: ['ignore', 'pipe', 'inherit'] })
  let text = ''
  for await (const chunk of child.stdout.setEncoding('utf8')) text += chunk
  const lines = text.split('\n').slice(0, -1).map((line) => JSON.parse(line) as { i: number })
  assert.deepEqual(lines.map((line) => line.i), Array.from({ length: 2000 }, (_, i) => i))
})

test('stdout: options are refused', async () => {
  await assert.rejects(stdout.open({ file_path: '/x' }, { folder: null, networks: null, deadlineMs: 100, trusted: false }), /unknown option/)
})
