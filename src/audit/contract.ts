// What every audit device is held to, whatever its target.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { AuditLimits, AuditType } from '../kit/audit.ts'
import { Fault } from '../kit/errors.ts'

/** A target that the test provides: where the device writes to, and what has arrived there. */
export interface Target {
  options: Record<string, string>
  /** Lines without their newline and without what the device puts before them. */
  received(): Promise<string[]>
  /** Makes the target take nothing more: a write must fail, within the deadline. */
  breaks(): Promise<void>
  close(): Promise<void>
}

export interface Case {
  name: string
  type: AuditType
  target(): Promise<Target>
  limits?: Partial<AuditLimits>
  wrong: Record<string, string>[]
  /** Lines at once; default 200. */
  lines?: number
}

const encode = (line: string): Buffer => Buffer.from(line)

export function testDevice({ name, type, target: make, limits: own, wrong, lines: count = 200 }: Case): void {
  const limits: AuditLimits = { folder: null, networks: null, deadlineMs: 300, trusted: false, ...own }

  test(`${name}: lines arrive whole and in order`, async () => {
    const target = await make()
    const device = await type.open(target.options, limits)
    try {
      const lines = Array.from({ length: count }, (_, i) => JSON.stringify({ time: i, text: 'ä€'.repeat(i % 17) }))
      const scratch = Buffer.alloc(4096)
      assert.equal(device.gathering, false)
      const written = lines.map((line, at) => {
        const size = scratch.write(line, at)
        const taken = device.write(scratch, at, at + size)
        assert.equal(device.gathering, true, 'the next line would join this one')
        return taken
      })
      await Promise.all(written)
      await device.write(encode('{"time":"last"}'))
      assert.deepEqual(await target.received(), [...lines, '{"time":"last"}'])
      await device.reopen()
      await device.write(encode('{"time":"reopened"}'))
      assert.equal((await target.received()).at(-1), '{"time":"reopened"}')
    } finally {
      await device.close()
      await target.close()
    }
  })

  test(`${name}: a target that takes nothing more is an error, not a wait`, async () => {
    const target = await make()
    const device = await type.open(target.options, limits)
    try {
      await device.write(encode('{"time":1}'))
      await target.breaks()
      const outcomes = await Promise.allSettled(Array.from({ length: 3 }, () => device.write(encode(`{"time":"${'x'.repeat(300_000)}"}`))))
      for (const outcome of outcomes) {
        assert.equal(outcome.status, 'rejected')
        assert.ok(outcome.reason instanceof Fault)
        assert.ok(!outcome.reason.message.includes('xxx'))
      }
    } finally {
      await target.close()
      await device.close()
    }
  })

  test(`${name}: options that it cannot use are refused`, async () => {
    for (const options of [...wrong, { no_such_option: 'x' }]) {
      await assert.rejects(type.open(options, limits), (cause) => cause instanceof Fault && cause.code === 'invalid', JSON.stringify(options))
    }
  })
}
