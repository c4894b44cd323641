// The part of the barrier that one unit sees: plain values under keys of its own.
import type { Page } from './storage.ts'

export interface Reader {
  get(key: string): Promise<Uint8Array | null>
  /**
   * The JSON value under `key`, or what `decode` makes of it: whoever reads a key decodes it alike. The object is shared between
   * requests: never change it.
   */
  read<T>(key: string, decode?: Decode<T>): Promise<T | null>
}

/** Makes of a parsed JSON value what it stands for. */
export type Decode<T> = (stored: never) => T

export interface Writer {
  put(key: string, value: Uint8Array): void
  write(key: string, value: unknown): void
  /** A key without a value: found by listing, absent to every read. */
  mark(key: string): void
  delete(key: string): void
}

/** Reads see the transaction's own writes; nothing is stored before it commits. */
export interface Transaction extends Reader, Writer {
  /** As `read`, possibly of what is kept in memory, then at once: where that is behind, the commit fails and the change runs again. */
  shared<T>(key: string, decode?: Decode<T>): T | null | Promise<T | null>
  /** As `write`; for the reads that follow `decoded` is kept, which is what they would make of the value. It is never changed from here on. */
  share(key: string, value: object, decoded?: object): void
}

export interface View extends Reader {
  /** As `get`, without a promise where what is sealed is in memory. */
  getSoon(key: string): Uint8Array | null | Promise<Uint8Array | null>
  /** As `read`, without a promise where the value is in memory. */
  soon<T>(key: string, decode?: Decode<T>): T | null | Promise<T | null>
  /** Full keys below `prefix`, relative to the view, in order and by pages. */
  keys(prefix: string, page?: Page): Promise<string[]>
  /** Immediate children below `prefix` (a folder prefix ends in `/` or is empty), folders with a trailing `/`, relative to `prefix`. */
  children(prefix: string, page?: Page): Promise<string[]>
  put(key: string, value: Uint8Array): Promise<void>
  write(key: string, value: unknown): Promise<void>
  delete(key: string): Promise<void>
  /** Runs `change` and commits what it wrote; run again from the start when a key that it read was changed meanwhile. */
  update<T>(change: (tx: Transaction) => Promise<T> | T): Promise<T>
  /** The same view below `prefix`. */
  at(prefix: string): View
}
