import assert from 'node:assert/strict'
import { test } from 'node:test'
import { changedParts } from './changes.ts'
import { windowsRound } from './windows.ts'

let seed = 11
function below(limit: number): number {
  seed = (Math.imul(seed, 1103515245) + 12345) & 0x7fffffff
  return Math.floor((seed / 0x80000000) * limit)
}

const word = (): string => ['alpha', 'beta', '}', '', 'return', 'if (x) {', 'const y = 1'][below(7)]!
const line = (): string => Array.from({ length: 1 + below(9) }, word).join(' ')

function edited(lines: string[]): string[] {
  const next = [...lines]
  for (let edits = 1 + below(5); edits > 0; edits--) {
    const at = below(next.length + 1)
    const kind = below(4)
    if (kind === 0) next.splice(at, 0, ...Array.from({ length: 1 + below(60) }, line))
    else if (kind === 1) next.splice(at, 1 + below(40))
    else if (kind === 2) next[at] = line()
    else next.splice(at, 0, ...next.splice(below(next.length + 1), 1 + below(10)))
  }
  return next
}

test('what lies between the changed parts stands in the version before, in one piece', () => {
  let changed = 0
  let all = 0
  for (let round = 0; round < 1500; round++) {
    const lines = Array.from({ length: below(400) }, line)
    const before = Buffer.from(lines.join('\n'))
    const after = Buffer.from(edited(lines).join('\n'))
    const parts = changedParts(before, after)
    let from = 0
    for (const part of parts) {
      assert.ok(part.from >= from && part.to >= part.from && part.to <= after.length)
      assert.ok(before.includes(after.subarray(from, part.from)))
      from = part.to
      changed += part.to - part.from
    }
    all += after.length
    assert.ok(before.includes(after.subarray(from)))
    assert.ok(parts.length > 0 || before.equals(after))
  }
  assert.ok(changed < all / 3, 'most of what is unchanged is seen to be')
})

test('a part that was removed leaves an empty one, and equal versions none', () => {
  const text = Array.from({ length: 50 }, (_, at) => `line ${at} of a file\n`)
  const before = Buffer.from(text.join(''))
  assert.deepEqual(changedParts(before, before), [])
  const after = Buffer.from(text.toSpliced(20, 3).join(''))
  const [part, ...others] = changedParts(before, after)
  assert.deepEqual(others, [])
  assert.ok(part!.to - part!.from < 8)
  assert.deepEqual(changedParts(Buffer.alloc(0), after), [{ from: 0, to: after.length }])
})

test('a window holds whole lines round a change, and the whole of a key', () => {
  const text = Array.from({ length: 200 }, (_, at) => `line ${at} of a file that has many of them\n`)
  const content = Buffer.from(text.join(''))
  const at = content.indexOf('line 100')
  const [window] = windowsRound(content, [{ from: at + 3, to: at + 5 }])
  const seen = content.toString('latin1', window!.from, window!.to)
  assert.ok(seen.startsWith('line ') && seen.endsWith('\n') && seen.includes('line 92 ') && seen.includes('line 108 ') && seen.length < 2000)

  const key = ['-----BEGIN PRIVATE KEY-----', ...Array.from({ length: 50 }, () => 'A1b2'.repeat(16)), '-----END PRIVATE KEY-----', ''].join('\n')
  const keyed = Buffer.from(text.slice(0, 100).join('') + key + text.slice(100).join(''))
  const middle = keyed.indexOf('A1b2') + 1500
  const [round] = windowsRound(keyed, [{ from: middle, to: middle + 1 }])
  assert.ok(keyed.toString('latin1', round!.from, round!.to).includes(key))
})
