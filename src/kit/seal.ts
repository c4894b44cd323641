// What a seal promises: it keeps the root key closed while the server is down.
// The barrier's root key is encrypted by the seal's own key (`auto`), or shares of the seal key are asked from people.

/** A seal that opens itself: a key in a file, or a key service. */
export interface AutoSeal {
  type: string
  /** Encrypts the root key; what it returns is stored in clear below the barrier. */
  wrap(plaintext: Uint8Array): Promise<Uint8Array>
  /** Throws when the key is not the one that wrapped. */
  unwrap(wrapped: Uint8Array): Promise<Uint8Array>
  /** Whether an older key wrapped it, so that it is to be wrapped anew. */
  stale?(wrapped: Uint8Array): boolean
}

export interface SealType {
  type: string
  about: string
  open(options: Record<string, string>): Promise<AutoSeal>
}
