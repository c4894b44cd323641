// HMAC-SHA-256 (RFC 2104) under keys that are used often.
import { hash } from 'node:crypto'

const block = 64
const room = 4096
/** For texts of usual length; wiped after each. */
const scratch = Buffer.alloc(block + room)

/** HMAC-SHA-256 of texts under `key`, hexadecimal. The padded key is made once: two one-shot digests then take half the time of `createHmac`. */
export function makeHmac(key: Uint8Array): (text: string) => string {
  const [inner, outer] = [Buffer.alloc(block, 0x36), Buffer.alloc(block + 32, 0x5c)]
  const padded = key.length > block ? hash('sha256', key, 'buffer') : key
  for (let i = 0; i < padded.length; i++) {
    inner[i]! ^= padded[i]!
    outer[i]! ^= padded[i]!
  }
  return (text) => {
    const message = text.length * 3 > room ? Buffer.concat([inner, Buffer.from(text)]) : within(inner, text)
    outer.write(hash('sha256', message, 'binary'), block, 'binary')
    message.fill(0)
    return hash('sha256', outer, 'hex')
  }
}

function within(inner: Buffer, text: string): Buffer {
  scratch.set(inner)
  return scratch.subarray(0, block + scratch.write(text, block))
}
