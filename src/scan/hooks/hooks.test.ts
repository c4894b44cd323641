import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { chmodSync, existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { awsKey, folder } from '../formats/scan.test-aid.ts'
import { rangesOf } from './hook-command.ts'

const local = { PATH: process.env.PATH, GIT_AUTHOR_NAME: 'a', GIT_AUTHOR_EMAIL: 'a@example.com', GIT_COMMITTER_NAME: 'a', GIT_COMMITTER_EMAIL: 'a@example.com' }

test('a hook is chained, set up twice, and taken away again', (t) => {
  const at = folder(t, { 'a.txt': 'fine\n' })
  at.git('init', '-q')
  const hook = join(at.path, '.git/hooks/pre-commit')
  at.write('.git/hooks/pre-commit', '#!/bin/sh\necho before >> ran\n')
  chmodSync(hook, 0o755)
  assert.equal(at.scan(['install']).status, 0)
  const once = readFileSync(hook, 'utf8')
  assert.equal(at.scan(['install']).status, 0)
  assert.equal(readFileSync(hook, 'utf8'), once)
  const stub = spawnSync('sh', [hook], { cwd: at.path, env: { ...local, HOME: at.path }, encoding: 'utf8' })
  assert.equal(readFileSync(join(at.path, 'ran'), 'utf8'), 'before\n', stub.stderr)
  assert.equal(at.scan(['uninstall']).status, 0)
  assert.match(readFileSync(hook, 'utf8'), /echo before/)
  assert.ok(!existsSync(`${hook}.before-strongroom`))
})

test('the pre-commit hook stops secrets and files of environment variables', (t) => {
  const at = folder(t, { 'a.txt': `${awsKey()}\n` })
  at.git('init', '-q')
  at.git('add', '.')
  assert.equal(at.scan(['hook', 'pre-commit']).status, 1)
  at.write('a.txt', 'fine\n')
  at.write('.env', 'NAME=\nOTHER=""\n')
  at.write('.env.example', 'API_KEY=your_key\n')
  at.git('add', '.')
  assert.equal(at.scan(['hook', 'pre-commit']).status, 0)
  at.write('.env', 'DB_PASSWORD=dev_password\n')
  at.git('add', '.')
  assert.match(at.scan(['hook', 'pre-commit']).err, /file of environment variables/)
})

test('what is pushed and received is scanned', (t) => {
  const at = folder(t, { 'a.txt': 'fine\n' })
  at.git('init', '-q')
  at.git('add', '.')
  at.git('commit', '-qm', 'a')
  const first = at.git('rev-parse', 'HEAD').trim()
  at.write('b.txt', `${awsKey()}\n`)
  at.git('add', '.')
  at.git('commit', '-qm', 'b')
  const second = at.git('rev-parse', 'HEAD').trim()
  const none = '0'.repeat(40)
  assert.equal(at.scan(['hook', 'pre-push', 'origin', 'url'], `refs/heads/main ${second} refs/heads/main ${first}\n`).status, 1)
  assert.equal(at.scan(['hook', 'pre-push', 'origin', 'url'], `refs/heads/main ${first} refs/heads/main ${none}\n`).status, 0)
  assert.equal(at.scan(['hook', 'pre-receive'], `${first} ${second} refs/heads/main\n`).status, 1)
  assert.equal(at.scan(['hook', 'pre-receive'], `${second} ${none} refs/heads/main\n`).status, 0)
})

test('only commits are taken from what a hook is told', () => {
  const id = 'a'.repeat(40)
  assert.deepEqual(rangesOf('pre-receive', `--output=x ${id} r\n${id} ${id} r\n\njunk`, 'origin'), [`${id}..${id}`])
  assert.deepEqual(rangesOf('pre-push', `r ${id} r ${'0'.repeat(40)}`, 'or igin;'), [`${id} --not --remotes=or*igin*`])
})
