import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { closeSync, constants, mkdirSync, mkdtempSync, openSync, readFileSync, readSync, renameSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import type { AuditDevice, AuditLimits } from '../../kit/audit.ts'
import { testDevice } from '../contract.ts'
import { file } from './index.ts'

const folder = mkdtempSync(join(tmpdir(), 'audit-file-'))
after(() => rmSync(folder, { recursive: true, force: true }))

let made = 0
const freshPath = (): string => join(folder, `audit-${++made}.log`)
const limits: AuditLimits = { folder: null, networks: null, deadlineMs: 300, trusted: false }
const linesIn = (path: string): string[] => readFileSync(path, 'utf8').split('\n').slice(0, -1)
const put = (device: AuditDevice, line: string): Promise<void> => device.write(Buffer.from(line))

/** Writes once the device has given up what it refused before. */
async function ended(device: AuditDevice, line: string): Promise<void> {
  for (let attempt = 0; ; attempt++) {
    const refusal = await put(device, line).then(() => null, (cause: Error) => cause)
    if (refusal === null) return
    if (attempt === 500 || !/has not ended/.test(refusal.message)) throw refusal
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
}

/** What stands in a pipe now. */
function drain(pipe: number): string {
  const bytes = Buffer.alloc(1 << 20)
  let size = 0
  try {
    for (let more = 1; more > 0; size += more) more = readSync(pipe, bytes, size, bytes.length - size, null)
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'EAGAIN') throw cause
  }
  return bytes.toString('utf8', 0, size)
}

testDevice({
  name: 'file',
  type: file,
  wrong: [{}, { file_path: '/x', mode: '0777' }, { file_path: '/x', mode: '0644' }, { file_path: '/x', mode: 'rw' }, { file_path: 'a\0b' }],
  async target() {
    const path = freshPath()
    return {
      options: { file_path: path },
      received: async () => linesIn(path),
      // A folder in the place of the file: it is gone, and cannot be made anew.
      async breaks() {
        rmSync(path)
        mkdirSync(path)
      },
      close: async () => rmSync(path, { recursive: true, force: true }),
    }
  },
})

test('file: made for its owner alone, and an existing file is narrowed', async () => {
  const path = freshPath()
  writeFileSync(path, '', { mode: 0o644 })
  for (const target of [path, freshPath()]) {
    const device = await file.open({ file_path: target }, limits)
    assert.equal(statSync(target).mode & 0o777, 0o600)
    await device.close()
  }
  const wide = await file.open({ file_path: path, mode: '0640' }, { ...limits, trusted: true })
  assert.equal(statSync(path).mode & 0o777, 0o640)
  await wide.close()
})

test('file: over the API it stays below the allowed folder', async () => {
  const allowed = join(folder, 'allowed')
  mkdirSync(allowed)
  symlinkSync(folder, join(allowed, 'way-out'))
  symlinkSync(join(folder, 'elsewhere.log'), join(allowed, 'link.log'))
  const inside: AuditLimits = { ...limits, folder: allowed }
  for (const path of ['/etc/audit.log', join(allowed, '../audit.log'), '../audit.log', 'way-out/audit.log', 'link.log', '.', allowed, `${allowed}-beside/a.log`, '/dev/null']) {
    await assert.rejects(file.open({ file_path: path }, inside), /file_path/, path)
  }
  const device = await file.open({ file_path: 'audit.log' }, inside)
  await put(device, 'line')
  await device.close()
  assert.deepEqual(linesIn(join(allowed, 'audit.log')), ['line'])
})

test('file: rotated by rename, with and without a signal', async () => {
  const path = freshPath()
  const firsts: string[] = []
  const device = await file.open({ file_path: path }, { ...limits, moved: (first) => firsts.push(first.toString()) })
  await put(device, 'one')
  renameSync(path, `${path}.1`)
  await device.reopen()
  await put(device, 'two')
  assert.deepEqual(linesIn(`${path}.1`), ['one'])
  assert.deepEqual(linesIn(path), ['two'])
  renameSync(path, `${path}.2`)
  await put(device, 'three')
  await new Promise((resolve) => setTimeout(resolve, 300))
  await put(device, 'four')
  assert.deepEqual([...linesIn(`${path}.2`), ...linesIn(path)], ['two', 'three', 'four'])
  assert.equal(linesIn(path).at(-1), 'four')
  assert.deepEqual(firsts, ['two', 'four'])
  await device.close()
})

test('file: a line that was acknowledged is in the file at the path though the file was deleted before', async () => {
  const path = freshPath()
  const device = await file.open({ file_path: path }, limits)
  for (const line of ['one', 'two', 'three']) {
    await put(device, line)
    rmSync(path)
    await put(device, `${line} again`)
    assert.deepEqual(linesIn(path), [`${line} again`])
  }
  await device.close()
})

test('file: a full disk is an error at once, and lines are taken again when there is room', { skip: process.platform !== 'linux' }, async () => {
  const device = await file.open({ file_path: '/dev/full' }, { ...limits, deadlineMs: 60_000 })
  await assert.rejects(put(device, 'line'), /ENOSPC/)
  await device.close()
})

test('file: a pipe that nobody reads is refused; one that is full fails within the deadline and works again once read', { skip: process.platform === 'win32' }, async () => {
  const path = freshPath()
  execFileSync('mkfifo', [path])
  await assert.rejects(file.open({ file_path: path }, limits), /ENXIO/)
  const reader = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK)
  const device = await file.open({ file_path: path }, { ...limits, deadlineMs: 2000 })
  await put(device, 'first')
  await assert.rejects(put(device, 'x'.repeat(1_000_000)), /did not end/)
  assert.match(drain(reader), /^first\nx+$/)
  await ended(device, 'second')
  // What was cut off stays a line of its own.
  assert.match(drain(reader), /^x*\nsecond\n$/)
  await device.close()
  closeSync(reader)
})

test('file: an unfinished last line of a file stays alone', async () => {
  const path = freshPath()
  writeFileSync(path, '{"cut')
  const device = await file.open({ file_path: path }, limits)
  await put(device, 'whole')
  await device.close()
  assert.deepEqual(linesIn(path), ['{"cut', 'whole'])
})
