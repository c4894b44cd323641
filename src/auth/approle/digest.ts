// Role ids and secret ids are looked up by a keyed digest, so that no comparison depends on the secret and none is stored.
import { randomBytes } from 'node:crypto'
import { makeHmac } from '../../crypto/hmac.ts'
import type { View } from '../../kit/view.ts'

interface Salt {
  key: string
}

const hmacs = new WeakMap<Salt, (text: string) => string>()

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
  const salt = await saltOf(store)
  let hmac = hmacs.get(salt)
  if (!hmac) hmacs.set(salt, (hmac = makeHmac(Buffer.from(salt.key, 'base64'))))
  return hmac(value)
}
