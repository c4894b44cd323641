// What the seal stores below the barrier: how the root key is kept (in clear), the root key wrapped by the seal, and a
// digest by which recovery keys are known, sealed under the root key.
import { createHash, createSecretKey, timingSafeEqual } from 'node:crypto'
import { openEnvelope, sealEnvelope } from '../../barrier/envelope.ts'
import { Fault } from '../../kit/errors.ts'
import type { AutoSeal } from '../../kit/seal.ts'
import type { Storage } from '../../kit/storage.ts'
import type { Division } from './quorum.ts'

export const configPath = 'core/seal-config'
export const wrappedPath = 'core/wrapped-root-key'
export const recoveryPath = 'core/recovery-key'
export const sealKeys: readonly string[] = [configPath, wrappedPath, recoveryPath]
/** None of these records is sealed by a data key. */
const noTerm = 0

/** For Shamir's seal the division of the unseal key, for the others that of the recovery key. */
export interface SealConfig extends Division {
  type: string
}

/** Who keeps the root key: an automatic seal, or the people who hold the shares of `unsealKey`. */
export type Holder = { seal: AutoSeal } | { unsealKey: Buffer }

export async function readConfig(storage: Storage): Promise<SealConfig | null> {
  const item = await storage.get(configPath)
  return item === null ? null : (JSON.parse(Buffer.from(item.value).toString()) as SealConfig)
}

export async function readWrapped(storage: Storage): Promise<Uint8Array> {
  const item = await storage.get(wrappedPath)
  if (item === null) throw new Fault('internal', undefined, { cause: new Error('the wrapped root key is missing') })
  return item.value
}

/** All records of a seal, to be committed together with the keyring. */
export async function makeRecords(rootKey: Buffer, holder: Holder, division: Division, recovery: Buffer | null): Promise<[string, Uint8Array][]> {
  const config: SealConfig = { type: 'seal' in holder ? holder.seal.type : 'shamir', shares: division.shares, threshold: division.threshold }
  const wrapped = 'seal' in holder ? await holder.seal.wrap(rootKey) : sealEnvelope(createSecretKey(holder.unsealKey), noTerm, wrappedPath, rootKey)
  const records: [string, Uint8Array][] = [[configPath, Buffer.from(JSON.stringify(config))], [wrappedPath, wrapped]]
  if (recovery !== null) records.push([recoveryPath, sealEnvelope(createSecretKey(rootKey), noTerm, recoveryPath, recovery)])
  return records
}

/** The root key, or null where `unsealKey` is not the one that wrapped it. */
export function unwrapByKey(wrapped: Uint8Array, unsealKey: Buffer): Buffer | null {
  try {
    return openEnvelope(createSecretKey(unsealKey), wrappedPath, wrapped)
  } catch {
    return null
  }
}

export const digest = (key: Buffer): Buffer => createHash('sha256').update('recovery key:').update(key).digest()

/** The stored digest of the recovery key; null where none was made. */
export async function readRecoveryDigest(storage: Storage, rootKey: Buffer): Promise<Buffer | null> {
  const item = await storage.get(recoveryPath)
  return item === null ? null : openEnvelope(createSecretKey(rootKey), recoveryPath, item.value)
}

export async function isRecoveryKey(storage: Storage, rootKey: Buffer, key: Buffer): Promise<boolean> {
  const known = await readRecoveryDigest(storage, rootKey)
  return known !== null && timingSafeEqual(known, digest(key))
}
