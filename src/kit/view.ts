// The part of the barrier that one unit sees: plain values under keys of its own.
import type { Page } from './storage.ts'

export interface Reader {
  get(key: string): Promise<Uint8Array | null>
  /** The JSON value under `key`. The object is shared between requests: never change it. */
  read<T>(key: string): Promise<T | null>
}

export interface Writer {
  put(key: string, value: Uint8Array): void
  write(key: string, value: unknown): void
  /** A key without a value: found by listing, absent to every read. */
  mark(key: string): void
  delete(key: string): void
}

/** Reads see the transaction's own writes; nothing is stored before it commits. */
export interface Transaction extends Reader, Writer {}

export interface View extends Reader {
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
