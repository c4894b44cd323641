// Reads values of unknown shape out of a configuration, naming the place of what is wrong.
import { ScanError } from '../scan-error.ts'

export type Table = Record<string, unknown>

export const isTable = (value: unknown): value is Table => typeof value === 'object' && value !== null && !Array.isArray(value)

export function tableIn(table: Table, key: string): Table | undefined {
  const value = own(table, key)
  if (value === undefined) return undefined
  if (!isTable(value)) throw new ScanError(`${key} must be a table`)
  return value
}

/** A list of tables; one table alone counts as a list of one. */
export function tablesIn(table: Table, key: string, most = 10_000): Table[] {
  const value = own(table, key)
  const list = value === undefined ? [] : Array.isArray(value) ? value : [value]
  if (!list.every(isTable) || list.length > most) throw new ScanError(`${key} must be a list of tables, at most ${most}`)
  return list
}

export function stringIn(table: Table, key: string): string | undefined {
  const value = own(table, key)
  if (value !== undefined && typeof value !== 'string') throw new ScanError(`${key} must be a string`)
  return value
}

export function stringsIn(table: Table, key: string, most = 10_000): string[] {
  const value = own(table, key)
  const list = value === undefined ? [] : Array.isArray(value) ? value : [value]
  if (!list.every((one) => typeof one === 'string') || list.length > most) throw new ScanError(`${key} must be a list of strings, at most ${most}`)
  return list
}

export function numberIn(table: Table, key: string): number | undefined {
  const value = own(table, key)
  if (value === undefined) return undefined
  const number = typeof value === 'bigint' ? Number(value) : value
  if (typeof number !== 'number' || !Number.isFinite(number) || number < 0) throw new ScanError(`${key} must be a number`)
  return number
}

export function booleanIn(table: Table, key: string): boolean {
  const value = own(table, key)
  if (value !== undefined && typeof value !== 'boolean') throw new ScanError(`${key} must be true or false`)
  return value ?? false
}

const own = (table: Table, key: string): unknown => (Object.hasOwn(table, key) ? table[key] : undefined)
