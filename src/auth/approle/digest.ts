// Role ids and secret ids are looked up by a keyed digest, so that no comparison depends on the secret and none is stored.
import { hash, randomBytes } from 'node:crypto'
import type { View } from '../../kit/view.ts'

interface Salt {
  key: string
}

/** The key, combined with the two pads of RFC 2104: a digest over each beats a call of `createHmac` by far. */
interface Pads {
  inner: Buffer
  outer: Buffer
}

const blockBytes = 64
const pads = new WeakMap<Salt, Pads>()

function padsOf(salt: Salt): Pads {
  const ready = pads.get(salt)
  if (ready) return ready
  const key = Buffer.alloc(blockBytes)
  key.write(salt.key, 'base64')
  const made = { inner: Buffer.from(key.map((byte) => byte ^ 0x36)), outer: Buffer.from(key.map((byte) => byte ^ 0x5c)) }
  key.fill(0)
  pads.set(salt, made)
  return made
}

async function saltOf(store: View): Promise<Salt> {
  const present = await store.read<Salt>('salt')
  if (present) return present
  return store.update(async (tx) => {
    const meanwhile = await tx.read<Salt>('salt')
    if (meanwhile) return meanwhile
    const made = { key: randomBytes(32).toString('base64') }
    tx.write('salt', made)
    return made
  })
}

/** HMAC-SHA-256 under the mount's own key, hexadecimal. */
export async function digestOf(store: View, value: string): Promise<string> {
  const { inner, outer } = padsOf(await saltOf(store))
  const first = hash('sha256', Buffer.concat([inner, Buffer.from(value)]), 'buffer')
  return hash('sha256', Buffer.concat([outer, first]), 'hex')
}
