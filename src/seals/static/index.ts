// The seal `static`: a 256-bit key that the machine keeps. Options as in OpenBao's seal of that name: `current_key`
// (see key-source.ts), `current_key_id`, and `previous_key`, `previous_key_id` while the key is being changed.
// Wrapped: `version (1) | length of the key id (1) | key id | nonce | ciphertext | tag`, all before the nonce authenticated.
import { createHash, createSecretKey, type KeyObject } from 'node:crypto'
import { open, seal } from '../../crypto/aead.ts'
import { Fault, invalid } from '../../kit/errors.ts'
import type { AutoSeal, SealType } from '../../kit/seal.ts'
import { readKey } from './key-source.ts'

const version = 1
const known = new Set(['current_key', 'current_key_id', 'previous_key', 'previous_key_id'])

interface NamedKey {
  key: KeyObject
  header: Buffer
}

/** `environment`: where `env://NAME` and `credential://NAME` are looked up. */
export const makeStaticSeal = (environment: Record<string, string | undefined>): SealType => ({
  type: 'static',
  about: 'A key from a file of mode 0600, an environment variable or a systemd credential',
  async open(options): Promise<AutoSeal> {
    for (const name of Object.keys(options)) if (!known.has(name)) throw invalid(`seal static: unknown option ${name}`)
    if (!options.current_key) throw invalid('seal static: current_key is missing')
    const load = async (option: 'current_key' | 'previous_key'): Promise<NamedKey> =>
      nameKey(await readKey(options[option]!, `seal static: ${option}`, environment), options[`${option}_id`])
    const current = await load('current_key')
    const previous = options.previous_key ? await load('previous_key') : null
    return makeSeal(current, previous)
  },
})

function nameKey(raw: Buffer, id: string | undefined): NamedKey {
  const name = Buffer.from(id || createHash('sha256').update('static seal key id:').update(raw).digest('hex').slice(0, 16))
  if (name.length > 255) throw invalid('seal static: a key id has at most 255 bytes')
  const key = createSecretKey(raw)
  raw.fill(0)
  return { key, header: Buffer.concat([Buffer.from([version, name.length]), name]) }
}

function makeSeal(current: NamedKey, previous: NamedKey | null): AutoSeal {
  const wrappedBy = (wrapped: Uint8Array, { header }: NamedKey): boolean => Buffer.compare(wrapped.subarray(0, header.length), header) === 0
  return {
    type: 'static',
    async wrap(plaintext) {
      const wrapped = seal(current.key, plaintext, current.header, current.header.length)
      wrapped.set(current.header)
      return wrapped
    },
    async unwrap(wrapped) {
      for (const named of [current, previous]) {
        if (named === null || !wrappedBy(wrapped, named)) continue
        try {
          return open(named.key, wrapped, named.header, named.header.length)
        } catch {
          break
        }
      }
      throw new Fault('denied', 'seal static: this is not the key that the root key was wrapped with')
    },
    stale: (wrapped) => !wrappedBy(wrapped, current),
  }
}
