import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startTrial } from '../../../test/server.test-aid.ts'

test('regions that are kept apart and joined at once are all as they were told', async (t) => {
  const trial = await startTrial()
  t.after(() => trial.stop())
  await trial.must('POST', 'sys/auth/aws', { type: 'aws' })
  const place = (name: string): string => `auth/aws/config/region/${name}`
  const names = Array.from({ length: 12 }, (_, at) => `xx-${'n'.repeat(at + 1)}-1`)
  const [joined, apart] = [names.slice(0, 4), names.slice(4)]
  for (const name of joined) await trial.must('POST', place(name), { keys: 'transit-own' })
  await Promise.all([...joined.map((name) => trial.must('DELETE', place(name))), ...apart.map((name) => trial.must('POST', place(name), { keys: 'transit-own' }))])
  assert.deepEqual((await trial.must('GET', 'auth/aws/config')).data.regions, Object.fromEntries(apart.map((name) => [name, { keys: 'transit-own/' }])))
})
