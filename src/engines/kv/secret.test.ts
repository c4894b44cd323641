import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Transaction } from '../../kit/view.ts'
import { type NewVersion, type Secret, addVersion, newSecret, noSettings } from './secret.ts'
import { type Stored, fromStored } from './stored.ts'

/** Adds a version and gives the record with what a reader makes of what was stored; `kept`: what was handed on without being read back. */
function add(secret: Secret, now: number, wanted: NewVersion = {}): { changed: Secret; read: Secret; kept: Secret | null } {
  const ignore = (): void => {}
  let stored: unknown
  let kept: Secret | null = null
  const tx: Transaction = {
    get: async () => null,
    read: async () => null,
    shared: () => null,
    put: ignore,
    mark: ignore,
    delete: ignore,
    write: (_key, value) => void (stored = value),
    share(_key, value, decoded) {
      stored = value
      kept = decoded as Secret
    },
  }
  const changed = addVersion(tx, 'a', secret, noSettings, Buffer.from('{}'), now, wanted)
  return { changed, read: fromStored(JSON.parse(JSON.stringify(stored)) as Stored), kept }
}

test('what is kept of a written record is what a reader makes of the stored one, and the former record stays as it was', () => {
  let secret: Secret = { ...newSecret(1000), maxVersions: 3, deleteVersionAfter: 60 }
  const wishes: NewVersion[] = [{}, { id: 'own' }, { media: 'text' }, {}, { stages: ['BLUE'] }, { stages: ['AWSPENDING'], empty: true }, {}, {}]
  for (const [index, wanted] of wishes.entries()) {
    const before = structuredClone(secret)
    const { changed, read, kept } = add(secret, 2000 + index, wanted)
    assert.deepEqual(secret, before)
    assert.deepEqual(kept, read)
    assert.deepEqual(changed, read)
    secret = changed
  }
})

test('a record with what dialects keep beside it, or of a secret that was about to end, is read back', () => {
  const { changed } = add(newSecret(1000), 2000)
  assert.equal(add({ ...changed, attributes: { at: 1 } }, 3000).kept, null)
  const ended = add({ ...changed, deletion: { asked: 2500, due: 9000 } }, 3000)
  assert.equal(ended.kept, null)
  assert.equal(ended.read.deletion, undefined)
})
