import assert from 'node:assert/strict'
import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'
import { test } from 'node:test'
import { Barrier } from '../../barrier/barrier.ts'
import { xor } from '../../crypto/encoding.ts'
import { Fault } from '../../kit/errors.ts'
import type { AutoSeal } from '../../kit/seal.ts'
import { createMemory, openMemory } from '../../storage/memory/index.ts'
import { SealKeeper, type SealKeeperParts } from './keeper.ts'
import { wrappedPath } from './records.ts'

const token = 'hvs.' + 'T'.repeat(24)

function makeAuto(type: string): AutoSeal {
  const [key, nonce] = [randomBytes(32), randomBytes(12)]
  return {
    type,
    async wrap(plaintext) {
      const cipher = createCipheriv('aes-256-gcm', key, nonce)
      return Buffer.concat([cipher.update(plaintext), cipher.final(), cipher.getAuthTag()])
    },
    async unwrap(wrapped) {
      const decipher = createDecipheriv('aes-256-gcm', key, nonce)
      decipher.setAuthTag(wrapped.subarray(-16))
      return Buffer.concat([decipher.update(wrapped.subarray(0, -16)), decipher.final()])
    },
  }
}

/** One server process over `memory`. */
function start(memory = createMemory(), parts: Partial<SealKeeperParts> = {}) {
  const events: string[] = []
  const storage = openMemory(memory)
  const barrier = new Barrier(storage)
  const keeper = new SealKeeper({
    storage, barrier, seal: null,
    opened: async () => void events.push('opened'),
    closing: async () => void events.push('closing'),
    mintRootToken: async () => token,
    ...parts,
  })
  return { keeper, barrier, storage, memory, events, view: barrier.view('') }
}

const invalid = (message: RegExp) => (error: unknown) => error instanceof Fault && error.code === 'invalid' && message.test(error.message)
const three = { shares: 5, threshold: 3 }

async function unsealWith(keeper: SealKeeper, keys: Buffer[], migrate = false): Promise<void> {
  for (const key of keys) await keeper.unseal(key, migrate)
}

async function initialized(parts: Partial<SealKeeperParts> = {}) {
  const node = start(createMemory(), parts)
  const made = await node.keeper.initialize(three)
  await unsealWith(node.keeper, made.keys.slice(0, 3))
  await node.view.write('a', 'value')
  return { ...node, ...made }
}

test('Shamir: initialises sealed, opens with any three of five, and counts each share once', async () => {
  const { keeper, barrier, view, events } = start()
  assert.deepEqual(await keeper.status(), {
    type: 'shamir', initialized: false, sealed: true, shares: 0, threshold: 0, progress: 0, nonce: '', migration: false, recoverySeal: false,
  })
  await assert.rejects(keeper.unseal(randomBytes(33), false), invalid(/not initialized/))
  const { keys, recoveryKeys, rootToken } = await keeper.initialize(three)
  assert.deepEqual([keys.length, recoveryKeys.length, rootToken], [5, 0, token])
  assert.ok(barrier.sealed)
  assert.deepEqual(events, ['opened', 'closing'])
  await assert.rejects(keeper.initialize(three), invalid(/already initialized/))
  await unsealWith(keeper, [keys[4]!, keys[4]!, keys[1]!])
  const { progress, nonce, threshold } = await keeper.status()
  assert.deepEqual([progress, threshold], [2, 3])
  assert.match(nonce, /^[0-9a-f-]{36}$/)
  keeper.resetUnseal()
  assert.equal((await keeper.status()).progress, 0)
  await unsealWith(keeper, [keys[4]!, keys[1]!, keys[0]!])
  assert.equal((await keeper.status()).sealed, false)
  await view.write('a', 1)
  await keeper.seal()
  await assert.rejects(view.read('a'), { code: 'sealed' })
  await unsealWith(keeper, keys.slice(2))
  assert.equal(await view.read('a'), 1)
})

test('wrong shares do not open, and the progress begins anew', async () => {
  const { keeper } = start()
  const { keys } = await keeper.initialize(three)
  const stranger = Buffer.concat([randomBytes(32), keys[2]!.subarray(32)])
  await unsealWith(keeper, keys.slice(0, 2))
  await assert.rejects(keeper.unseal(stranger, false), invalid(/unseal failed/))
  assert.equal((await keeper.status()).progress, 0)
  await assert.rejects(keeper.unseal(Buffer.alloc(15), false), invalid(/shorter/))
  await assert.rejects(keeper.unseal(Buffer.alloc(34), false), invalid(/longer/))
  await unsealWith(keeper, [keys[0]!, keys[1]!])
  await assert.rejects(keeper.unseal(Buffer.concat([randomBytes(32), keys[1]!.subarray(32)]), false), invalid(/belong together/))
  assert.equal((await keeper.status()).progress, 0)
  await unsealWith(keeper, keys.slice(0, 3))
  assert.equal((await keeper.status()).sealed, false)
})

test('a single share is the key itself', async () => {
  const { keeper } = start()
  const { keys } = await keeper.initialize({ shares: 1, threshold: 1 })
  assert.deepEqual(keys.map((key) => key.length), [32])
  await keeper.unseal(keys[0]!, false)
  assert.equal((await keeper.status()).sealed, false)
})

test('refuses divisions that make no sense', async () => {
  const { keeper } = start()
  for (const [shares, threshold] of [[0, 0], [3, 0], [3, 1], [2, 3], [256, 2]]) {
    assert.throws(() => void keeper.initialize({ shares: shares!, threshold: threshold! }), invalid(/invalid seal configuration/))
  }
})

test('what fails after unsealing leaves the server sealed', async () => {
  let fail = false
  const { keeper, barrier } = start(createMemory(), { opened: async () => {
    if (fail) throw new Error('mounts are broken')
  } })
  const { keys } = await keeper.initialize({ shares: 1, threshold: 1 })
  fail = true
  await assert.rejects(keeper.unseal(keys[0]!, false), /mounts are broken/)
  assert.ok(barrier.sealed)
})

test('an initialization that fails leaves an empty store, to be tried again', async () => {
  let fail = true
  const { keeper, storage, view } = start(createMemory(), { mintRootToken: async () => {
    await view.write('core/mount/x', 1)
    if (fail) throw new Error('no audit device')
    return token
  } })
  await assert.rejects(keeper.initialize(three), /no audit device/)
  assert.deepEqual(await storage.list(''), [])
  fail = false
  const { keys } = await keeper.initialize(three)
  await unsealWith(keeper, keys.slice(0, 3))
  assert.equal(await view.read('core/mount/x'), 1)
})

test('an automatic seal opens by itself; recovery keys open it after sealing', async () => {
  const seal = makeAuto('static')
  const node = start(createMemory(), { seal })
  const { keys, recoveryKeys } = await node.keeper.initialize({ shares: 0, threshold: 0 }, { shares: 3, threshold: 2 })
  assert.deepEqual([keys.length, recoveryKeys.length, node.barrier.sealed], [0, 3, false])
  const again = start(node.memory, { seal })
  assert.equal(await again.keeper.openByItself(), true)
  const { type, recoverySeal, shares, threshold } = await again.keeper.status()
  assert.deepEqual([type, recoverySeal, shares, threshold], ['static', true, 3, 2])
  await again.keeper.seal()
  await again.keeper.unseal(recoveryKeys[0]!, false)
  await assert.rejects(again.keeper.unseal(Buffer.concat([randomBytes(32), recoveryKeys[1]!.subarray(32)]), false), invalid(/unseal failed/))
  assert.ok(again.barrier.sealed)
  await unsealWith(again.keeper, recoveryKeys.slice(1))
  assert.ok(!again.barrier.sealed)
  await assert.rejects(start(node.memory, { seal: makeAuto('static') }).keeper.openByItself())
})

test('a root key that an older key of the seal wrapped is wrapped anew', async () => {
  const [older, newer] = [makeAuto('static'), makeAuto('static')]
  const node = start(createMemory(), { seal: older })
  await node.keeper.initialize(three, { shares: 0, threshold: 0 })
  const before = Buffer.from((await node.storage.get(wrappedPath))!.value)
  const both: AutoSeal = {
    ...newer, unwrap: (wrapped) => newer.unwrap(wrapped).catch(() => older.unwrap(wrapped)), stale: (wrapped) => before.equals(wrapped),
  }
  assert.equal(await start(node.memory, { seal: both }).keeper.openByItself(), true)
  assert.equal(await start(node.memory, { seal: newer }).keeper.openByItself(), true)
})

test('rekey: new shares open, old ones do not, and the root key is another', async () => {
  const { keeper, keys, view, barrier, memory } = await initialized()
  const oldRoot = barrier.rootKey()
  await keeper.rekey.start({ shares: 2, threshold: 2 })
  await assert.rejects(keeper.rekey.start(three), invalid(/already in progress/))
  const { nonce, required, started } = await keeper.rekey.status()
  assert.deepEqual([required, started], [3, true])
  await assert.rejects(keeper.rekey.update(keys[0]!, 'other'), invalid(/incorrect nonce/))
  assert.equal(await keeper.rekey.update(keys[0]!, nonce), null)
  assert.equal(await keeper.rekey.update(keys[1]!, nonce), null)
  const { keys: fresh } = (await keeper.rekey.update(keys[2]!, nonce))!
  assert.equal(fresh.length, 2)
  assert.ok(!barrier.verify(oldRoot))
  assert.equal(await view.read('a'), 'value')
  const later = start(memory)
  await later.keeper.unseal(keys[0]!, false)
  await assert.rejects(later.keeper.unseal(keys[1]!, false), invalid(/unseal failed/))
  await unsealWith(later.keeper, fresh)
  assert.equal(await later.view.read('a'), 'value')
})

test('rekey with wrong shares fails and may be tried again', async () => {
  const { keeper, keys } = await initialized()
  await keeper.rekey.start({ shares: 1, threshold: 1 })
  const { nonce } = await keeper.rekey.status()
  await keeper.rekey.update(keys[0]!, nonce)
  await keeper.rekey.update(keys[1]!, nonce)
  await assert.rejects(keeper.rekey.update(Buffer.concat([randomBytes(32), keys[2]!.subarray(32)]), nonce), invalid(/not those of this server/))
  assert.equal((await keeper.rekey.status()).progress, 0)
  for (const key of keys.slice(0, 2)) await keeper.rekey.update(key, nonce)
  assert.equal((await keeper.rekey.update(keys[2]!, nonce))!.keys.length, 1)
})

test('rekey with verification changes nothing until the new shares were shown', async () => {
  const { keeper, keys, memory, barrier } = await initialized()
  const oldRoot = barrier.rootKey()
  await keeper.rekey.start({ shares: 2, threshold: 2 }, { verify: true })
  const { nonce } = await keeper.rekey.status()
  for (const key of keys.slice(0, 2)) await keeper.rekey.update(key, nonce)
  const result = (await keeper.rekey.update(keys[2]!, nonce))!
  assert.ok(barrier.verify(oldRoot))
  assert.equal((await keeper.rekey.status()).verificationNonce, result.verificationNonce)
  await assert.rejects(keeper.rekey.verify(result.keys[0]!, nonce), invalid(/incorrect nonce/))
  await keeper.rekey.verify(result.keys[0]!, result.verificationNonce)
  assert.equal(keeper.rekey.verificationStatus().progress, 1)
  await keeper.rekey.restartVerification()
  const second = keeper.rekey.verificationStatus()
  assert.deepEqual([second.progress, second.nonce === result.verificationNonce], [0, false])
  await keeper.rekey.verify(keys[0]!, second.nonce)
  await assert.rejects(keeper.rekey.verify(keys[1]!, second.nonce), invalid(/verification failed/))
  await keeper.rekey.verify(result.keys[0]!, second.nonce)
  assert.equal(await keeper.rekey.verify(result.keys[1]!, second.nonce), true)
  assert.ok(!barrier.verify(oldRoot))
  assert.equal((await keeper.rekey.status()).started, false)
  const later = start(memory)
  await unsealWith(later.keeper, result.keys)
  assert.ok(!later.barrier.sealed)
})

test('strangers cannot cancel a rekey or a root generation', async () => {
  const { keeper } = await initialized()
  await keeper.rekey.start({ shares: 1, threshold: 1 })
  await keeper.rootGeneration.start(undefined)
  for (const ceremony of [keeper.rekey, keeper.rootGeneration]) {
    await assert.rejects(ceremony.cancel(undefined, false), invalid(/nonce is required/))
    await assert.rejects(ceremony.cancel('', false), invalid(/nonce is required/))
    await assert.rejects(ceremony.cancel('guess', true), invalid(/incorrect nonce/))
    const { nonce } = await ceremony.status()
    await ceremony.cancel(nonce, false)
    assert.equal((await ceremony.status()).started, false)
    await ceremony.cancel(undefined, false)
  }
  await keeper.rekey.start({ shares: 1, threshold: 1 })
  await keeper.rekey.cancel(undefined, true)
  assert.equal((await keeper.rekey.status()).started, false)
})

test('sealing ends every ceremony', async () => {
  const { keeper, keys } = await initialized()
  await keeper.rekey.start({ shares: 1, threshold: 1 })
  const { nonce } = await keeper.rekey.status()
  await keeper.rekey.update(keys[0]!, nonce)
  await keeper.seal()
  await assert.rejects(keeper.rekey.update(keys[1]!, nonce), { code: 'sealed' })
  await unsealWith(keeper, keys.slice(0, 3))
  assert.equal((await keeper.rekey.status()).started, false)
})

test('recovery keys are rekeyed by recovery keys, and the barrier of an automatic seal without new shares', async () => {
  const seal = makeAuto('static')
  const { keeper, barrier, memory } = start(createMemory(), { seal })
  const { recoveryKeys } = await keeper.initialize(three, { shares: 2, threshold: 2 })
  const oldRoot = barrier.rootKey()
  await assert.rejects(keeper.rekey.start({ shares: 2, threshold: 2 }), invalid(/must be 1/))
  await keeper.rekey.start({ shares: 1, threshold: 1 })
  const { nonce } = await keeper.rekey.status()
  await keeper.rekey.update(recoveryKeys[0]!, nonce)
  assert.deepEqual((await keeper.rekey.update(recoveryKeys[1]!, nonce))!.keys, [])
  assert.ok(!barrier.verify(oldRoot))
  await keeper.rekeyRecovery.start({ shares: 1, threshold: 1 })
  const second = (await keeper.rekeyRecovery.status()).nonce
  await keeper.rekeyRecovery.update(recoveryKeys[0]!, second)
  const { keys } = (await keeper.rekeyRecovery.update(recoveryKeys[1]!, second))!
  await keeper.rotateRootKey()
  const later = start(memory, { seal })
  await assert.rejects(later.keeper.unseal(recoveryKeys[0]!, false), invalid(/unseal failed/))
  await later.keeper.unseal(keys[0]!, false)
  assert.ok(!later.barrier.sealed)
  const shamir = await initialized()
  await assert.rejects(shamir.keeper.rekeyRecovery.status(), invalid(/not supported/))
  await assert.rejects(shamir.keeper.rotateRootKey(), invalid(/rekey instead/))
})

test('root generation gives the token only to who knows the password', async () => {
  const { keeper, keys } = await initialized()
  await assert.rejects(keeper.rootGeneration.start('short'), invalid(/wrong length/))
  await assert.rejects(keeper.rootGeneration.update(keys[0]!, ''), invalid(/no root generation/))
  const otp = await keeper.rootGeneration.start(undefined)
  assert.match(otp, /^[0-9A-Za-z]{28}$/)
  await assert.rejects(keeper.rootGeneration.start(undefined), invalid(/already in progress/))
  const { nonce } = await keeper.rootGeneration.status()
  for (const key of keys.slice(0, 2)) assert.equal(await keeper.rootGeneration.update(key, nonce), null)
  const { encodedToken } = (await keeper.rootGeneration.update(keys[2]!, nonce))!
  assert.ok(!encodedToken.endsWith('='))
  assert.equal(String(xor(Buffer.from(encodedToken, 'base64'), Buffer.from(otp))), token)
  assert.equal((await keeper.rootGeneration.status()).started, false)
  assert.equal(await keeper.rootGeneration.start('O'.repeat(28)), '')
})

test('migrates from Shamir to an automatic seal, to another, and back; the same shares serve', async () => {
  const { memory, keys } = await initialized()
  const [first, second] = [makeAuto('static'), makeAuto('transit')]

  const toAuto = start(memory, { seal: first })
  assert.equal(await toAuto.keeper.openByItself(), false)
  assert.ok((await toAuto.keeper.status()).migration)
  await assert.rejects(toAuto.keeper.unseal(keys[0]!, false), invalid(/migrate/))
  await unsealWith(toAuto.keeper, keys.slice(0, 3), true)
  assert.equal(await toAuto.view.read('a'), 'value')
  assert.deepEqual([(await toAuto.keeper.status()).type, (await toAuto.keeper.status()).migration], ['static', false])
  assert.equal(await start(memory, { seal: first }).keeper.openByItself(), true)

  const toOther = start(memory, { seal: second, previous: first })
  assert.equal(await toOther.keeper.openByItself(), false)
  await unsealWith(toOther.keeper, keys.slice(1, 4), true)
  assert.equal(await start(memory, { seal: second }).keeper.openByItself(), true)

  const back = start(memory, { previous: second })
  assert.ok((await back.keeper.status()).migration)
  await unsealWith(back.keeper, keys.slice(2), true)
  const plain = start(memory)
  await assert.rejects(plain.keeper.unseal(keys[0]!, true), invalid(/no seal migration/))
  await unsealWith(plain.keeper, keys.slice(0, 3))
  assert.equal(await plain.view.read('a'), 'value')
})

test('migrates between two seals of one type, without recovery keys by itself', async () => {
  const [first, second] = [makeAuto('transit'), makeAuto('transit')]
  const node = start(createMemory(), { seal: first })
  await node.keeper.initialize(three, { shares: 0, threshold: 0 })
  await assert.rejects(node.keeper.rootGeneration.start(undefined), invalid(/no recovery keys/))
  assert.equal(await start(node.memory, { seal: second, previous: first }).keeper.openByItself(), true)
  assert.equal(await start(node.memory, { seal: second, previous: first }).keeper.openByItself(), true)
  assert.equal(await start(node.memory, { seal: second }).keeper.openByItself(), true)
})

test('a seal that is no longer configured is named', async () => {
  const node = start(createMemory(), { seal: makeAuto('static') })
  const { recoveryKeys } = await node.keeper.initialize(three, { shares: 1, threshold: 1 })
  const lost = start(node.memory, { seal: makeAuto('transit') })
  await assert.rejects(lost.keeper.unseal(recoveryKeys[0]!, true), invalid(/the seal "static"/))
})
