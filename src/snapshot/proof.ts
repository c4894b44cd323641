// Who wrote a snapshot: a MAC over its check sums under a key that is derived from the root key, so that a copy
// of another store, or of a time before the root key was replaced, is told apart from one's own.
import { createHmac, hkdfSync, timingSafeEqual } from 'node:crypto'
import type { Barrier } from '../barrier/barrier.ts'

/** The proof of these sums by the open barrier's root key. */
export function prove(barrier: Barrier, sums: Buffer): Buffer {
  const root = barrier.rootKey()
  const key = Buffer.from(hkdfSync('sha256', root, Buffer.alloc(0), 'strongroom snapshot', 32))
  try {
    return createHmac('sha256', key).update(sums).digest()
  } finally {
    root.fill(0)
    key.fill(0)
  }
}

/** Whether the present root key gave the proof. */
export function proves(barrier: Barrier, sums: Buffer, proof: Buffer): boolean {
  const expected = prove(barrier, sums)
  return proof.length === expected.length && timingSafeEqual(proof, expected)
}
