// The kinds of databases that a connection may name: one line each.
import { invalid } from '../../../kit/errors.ts'
import type { Fields } from '../../../kit/field.ts'
import type { Driver } from './driver.ts'
import { postgresDriver } from './postgres.ts'

export const drivers: readonly Driver[] = [postgresDriver]

/** Settings of all kinds together; what two kinds share they declare alike. */
export const driverOptions: Fields = Object.assign({}, ...drivers.map((driver) => driver.options))

export function driverFor(plugin: string): Driver {
  const found = drivers.find((driver) => driver.plugin === plugin)
  if (!found) throw invalid(`error creating database object: plugin not found in the catalog: ${plugin.slice(0, 64)}`)
  return found
}
