import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'

const launcher = fileURLToPath(new URL('../../bin/strongroom', import.meta.url))

/** An installed package with a runtime that says how it was called. */
function install(folder: string, at: string): string {
  const root = join(folder, at)
  mkdirSync(join(root, 'bin'), { recursive: true })
  mkdirSync(join(root, 'dist'), { recursive: true })
  cpSync(launcher, join(root, 'bin/strongroom'))
  writeFileSync(join(root, 'dist/main.js'), '')
  return root
}

function runtime(path: string, name: string): void {
  mkdirSync(join(path, 'bin'), { recursive: true })
  writeFileSync(join(path, 'bin/node'), `#!/bin/sh\necho "${name}:" "$@"\n`, { mode: 0o755 })
}

test('the launcher finds its package through links, and the pinned runtime in it or beside it', () => {
  const folder = mkdtempSync(join(tmpdir(), 'strongroom-launcher-'))
  try {
    const root = install(folder, 'node_modules/strongroom')
    mkdirSync(join(folder, 'node_modules/.bin'))
    symlinkSync('../strongroom/bin/strongroom', join(folder, 'node_modules/.bin/strongroom'))
    symlinkSync(join(folder, 'node_modules/.bin/strongroom'), join(folder, 'vault'))
    runtime(join(folder, 'node_modules/node'), 'beside')
    const call = () => spawnSync(join(folder, 'vault'), ['kv', 'get', 'a b'], { encoding: 'utf8' })
    assert.match(call().stdout, /^beside: .*\/dist\/main\.js kv get a b\n$/)
    runtime(join(root, 'node_modules/node'), 'own')
    assert.match(call().stdout, /^own: /)
  } finally {
    rmSync(folder, { recursive: true })
  }
})

test('without a fit runtime the launcher says what to do', () => {
  const folder = mkdtempSync(join(tmpdir(), 'strongroom-launcher-'))
  try {
    const root = install(folder, 'strongroom')
    mkdirSync(join(folder, 'path'))
    writeFileSync(join(folder, 'path/node'), '#!/bin/sh\necho 20\n', { mode: 0o755 })
    const { status, stderr } = spawnSync('/bin/sh', [join(root, 'bin/strongroom'), 'version'], { encoding: 'utf8', env: { PATH: join(folder, 'path') } })
    assert.equal(status, 1)
    assert.match(stderr, /needs Node\.js 24 or newer/)
  } finally {
    rmSync(folder, { recursive: true })
  }
})
