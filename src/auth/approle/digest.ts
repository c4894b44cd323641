// Role ids and secret ids are looked up by a keyed digest, so that no comparison depends on the secret and none is stored.
import { randomBytes } from 'node:crypto'
import { makeHmac } from '../../crypto/hmac.ts'
import { soon } from '../../kit/soon.ts'
import type { View } from '../../kit/view.ts'

interface Salt {
  key: string
}

const hmacs = new WeakMap<Salt, (text: string) => string>()

async function makeSalt(store: View): Promise<Salt> {
  return store.update(async (tx) => {
    const meanwhile = await tx.read<Salt>('salt')
    if (meanwhile) return meanwhile
    const made = { key: randomBytes(32).toString('base64') }
    tx.write('salt', made)
    return made
  })
}

function digest(salt: Salt, value: string): string {
  let hmac = hmacs.get(salt)
  if (!hmac) hmacs.set(salt, (hmac = makeHmac(Buffer.from(salt.key, 'base64'))))
  return hmac(value)
}

/** HMAC-SHA-256 under the mount's own key, hexadecimal; at once where that is in memory. */
export const digestOf = (store: View, value: string): string | Promise<string> =>
  soon(store.soon<Salt>('salt'), (salt) => (salt ? digest(salt, value) : makeSalt(store).then((made) => digest(made, value))))
