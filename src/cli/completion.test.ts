import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { test } from 'node:test'
import { runLine } from './cli.test-aid.ts'

test('bash completes words, flags and the values of flags', async () => {
  const { code, out } = await runLine(['completion', 'bash'])
  assert.equal(code, 0)
  const offered = (...words: string[]): string[] => {
    const list = words.map((word) => `'${word}'`).join(' ')
    const { stdout, stderr } = spawnSync('bash', ['-c', `${out}\nCOMP_WORDS=(${list}); COMP_CWORD=${words.length - 1}; _strongroom; printf '%s\\n' "\${COMPREPLY[@]}"`], { encoding: 'utf8', cwd: '/' })
    assert.equal(stderr, '')
    return stdout.trim().split('\n').sort()
  }
  assert.deepEqual(offered('strongroom', 'ope'), ['operator'])
  assert.deepEqual(offered('strongroom', 'kv', 'un'), ['undelete'])
  assert.deepEqual(offered('strongroom', 'kv', 'metadata', ''), ['delete', 'get', 'patch', 'put'])
  assert.deepEqual(offered('strongroom', 'kv', 'get', '-format=j'), ['-format=json'])
  assert.deepEqual(offered('strongroom', 'server', '-dev-ro'), ['-dev-root-token-id='])
})

test('zsh and fish have scripts, others do not', async () => {
  assert.match((await runLine(['completion', 'zsh'])).out, /^#compdef strongroom\n/)
  assert.match((await runLine(['completion', 'fish'])).out, /^complete -c strongroom -n '__fish_seen_subcommand_from kv; and not .*' -a 'get' -d 'Retrieves/m)
  assert.equal((await runLine(['completion', 'tcsh'])).code, 1)
})

test('every command has help which names it', async () => {
  const { out } = await runLine(['-h'])
  const words = [...out.matchAll(/^ {4}(\S+) {2,}\S/gm)].map(([, word]) => word!)
  assert.ok(words.length > 25)
  for (const word of words.filter((name) => !['agent', 'scan'].includes(name))) {
    const { code, out: text } = await runLine([word, '-h'])
    assert.equal(code, 0, word)
    assert.ok(text.startsWith(`Usage: strongroom ${word} `), word)
  }
  assert.match((await runLine(['help', 'kv', 'get'])).out, /-version=<int>/)
  assert.equal((await runLine(['operator', 'raft'])).code, 1)
})
