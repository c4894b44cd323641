// Batch tokens: the record itself, sealed under a key of the store. Nothing is written when one is made.
import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'
import type { View } from '../kit/view.ts'
import type { Token } from './tokens.ts'

const label = Buffer.from('strongroom batch token 1')

async function key(view: View): Promise<Uint8Array> {
  const present = await view.get('batch-key')
  if (present) return present
  return view.update(async (tx) => {
    const meanwhile = await tx.get('batch-key')
    if (meanwhile) return meanwhile
    const made = randomBytes(32)
    tx.put('batch-key', made)
    return made
  })
}

/** `hvb.` and base64url of nonce, ciphertext and tag (AES-256-GCM). */
export async function sealBatchToken(view: View, record: Token): Promise<string> {
  const nonce = randomBytes(12)
  const cipher = createCipheriv('aes-256-gcm', await key(view), nonce).setAAD(label)
  const sealed = Buffer.concat([nonce, cipher.update(JSON.stringify(record)), cipher.final(), cipher.getAuthTag()])
  return `hvb.${sealed.toString('base64url')}`
}

/** The record inside, or null for anything that this store did not seal. */
export async function openBatchToken(view: View, token: string): Promise<Token | null> {
  const sealed = Buffer.from(token.slice(4), 'base64url')
  if (sealed.length < 29 || sealed.length > 16384) return null
  try {
    const decipher = createDecipheriv('aes-256-gcm', await key(view), sealed.subarray(0, 12)).setAAD(label)
    decipher.setAuthTag(sealed.subarray(-16))
    return JSON.parse(Buffer.concat([decipher.update(sealed.subarray(12, -16)), decipher.final()]).toString()) as Token
  } catch {
    return null
  }
}
