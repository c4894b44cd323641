// Pages of a list: `Limit`, `Marker`, `NextMarker`, `Truncated`.
import { AwsFault } from '../errors.ts'
import { number, string } from '../shape.ts'

export const pageMembers = { Limit: number({ min: 1, max: 1000 }), Marker: string({ min: 1, max: 1024, pattern: /^[\u0020-\u00FF]*$/ }) }

export interface Wanted {
  Limit?: number | undefined
  Marker?: string | undefined
}

/** The name behind which a page begins. */
export function afterOf(marker: string | undefined): string | undefined {
  if (marker === undefined) return undefined
  const name = Buffer.from(marker, 'base64url').toString()
  if (name === '' || Buffer.from(name).toString('base64url') !== marker) throw new AwsFault('InvalidMarkerException', 'Could not deserialize marker.')
  return name
}

const markerOf = (name: string): string => Buffer.from(name).toString('base64url')

/** What stands beside the list, given the names read: one more than `limit` where there are more. */
export const pageView = (names: readonly string[], limit: number): { Truncated: boolean; NextMarker?: string } =>
  names.length > limit ? { Truncated: true, NextMarker: markerOf(names[limit - 1]!) } : { Truncated: false }

/** A page of a list that is at hand; `nameOf` is its order. */
export function pageOf<T>(all: readonly T[], { Limit, Marker }: Wanted, usual: number, nameOf: (item: T) => string): { items: T[]; more: { Truncated: boolean; NextMarker?: string } } {
  const after = afterOf(Marker)
  const limit = Limit ?? usual
  const from = after === undefined ? 0 : all.findIndex((item) => nameOf(item) > after)
  const rest = from < 0 ? [] : all.slice(from, from + limit + 1)
  return { items: rest.slice(0, limit), more: pageView(rest.map(nameOf), limit) }
}
