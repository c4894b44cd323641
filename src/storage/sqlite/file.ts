// The database file: how it is created, opened and laid out, and what its errors mean.

import { closeSync, mkdirSync, openSync } from 'node:fs'
import { dirname } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { Fault } from '../../kit/errors.ts'

/** Changes that are kept in `changes`; whoever is further behind drops every cache. */
export const keptChanges = 100_000

const openTimeout = 5000
/** Every commit walks through all that the writer keeps: what it does not find there is in the system's memory. */
const pageCaches = { reader: -2048, writer: -4096 }
/** A write of one secret changes a few rows far apart: the smaller a page, the less is written around them. */
const pageBytes = 2048
/** Pages that change again before this much of the log has gathered are copied once; reading back as much after a crash takes a moment. */
const logBytes = 64 * 1024 * 1024

// STRICT and BINARY: text keys are ordered by the bytes of their UTF-8 form. A commit leaves one row of changes: the number
// of the last one, which is the version of the last key put, and all its keys with NUL between them.
const schema = `
  CREATE TABLE IF NOT EXISTS data (key TEXT PRIMARY KEY, version INTEGER NOT NULL, value BLOB NOT NULL) STRICT, WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS changes (seq INTEGER PRIMARY KEY, keys TEXT NOT NULL) STRICT;
`

/** Creates the file (0600) and its folder (0700) where they are missing. */
export function createFile(path: string): void {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
  closeSync(openSync(path, 'a', 0o600))
}

/** Opens an existing database file as a reader or the writer, laid out and with the settings that were measured. */
export function openDatabase(path: string, role: keyof typeof pageCaches): DatabaseSync {
  const database = new DatabaseSync(path, { timeout: openTimeout })
  try {
    database.exec(`
      PRAGMA page_size = ${pageBytes};
      PRAGMA journal_mode = WAL;
      PRAGMA synchronous = FULL;
      PRAGMA mmap_size = 0;
      PRAGMA cache_size = ${pageCaches[role]};
      PRAGMA trusted_schema = OFF;
    `)
    const { page_size: size } = database.prepare('PRAGMA page_size').get() as { page_size: number }
    database.exec(`PRAGMA wal_autocheckpoint = ${Math.trunc(logBytes / size)}`)
    if (database.prepare("SELECT count(*) AS found FROM sqlite_schema WHERE name IN ('data', 'changes')").get()?.['found'] !== 2) {
      database.exec(`BEGIN IMMEDIATE; ${schema} COMMIT`)
    }
  } catch (error) {
    database.close()
    throw error
  }
  return database
}

const busyCodes = new Set([5, 6])

/** Whether SQLite refused because another connection holds its lock (SQLITE_BUSY, SQLITE_LOCKED and their extensions). */
export function isBusy(error: unknown): boolean {
  return busyCodes.has(((error as { errcode?: number }).errcode ?? 0) & 0xff)
}

/** What a failure of the database is to its caller: the store may work again later. */
export function unavailable(cause: unknown): Fault {
  return cause instanceof Fault ? cause : new Fault('unavailable', 'the store failed', { cause })
}
