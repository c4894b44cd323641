// Values as Go's templates see them: truth, printing, comparison, fields.

/** Go's formatting `%v`: maps with sorted keys, lists in brackets, nothing as `<no value>`. */
export function show(value: unknown): string {
  if (value === null || value === undefined) return '<no value>'
  if (typeof value === 'string') return value
  if (Array.isArray(value)) return `[${value.map((one) => (one === null ? '<nil>' : show(one))).join(' ')}]`
  if (typeof value === 'object') return `map[${entries(value).map(([key, one]) => `${key}:${one === null ? '<nil>' : show(one)}`).join(' ')}]`
  return String(value)
}

/** Entries in the order in which Go walks a map. */
export const entries = (value: object): [string, unknown][] => Object.entries(value).sort(([one], [other]) => (one < other ? -1 : one > other ? 1 : 0))

export function isTrue(value: unknown): boolean {
  if (Array.isArray(value)) return value.length > 0
  if (typeof value === 'object' && value !== null) return Object.keys(value).length > 0
  return Boolean(value)
}

/** The member of an object, its own alone; undefined where there is none. */
export function member(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && Object.hasOwn(value, name) ? (value as Record<string, unknown>)[name] : undefined
}

export function equal(one: unknown, other: unknown): boolean {
  if (typeof one === 'object' && one !== null) return typeof other === 'object' && other !== null && toJson(one) === toJson(other)
  return (one ?? null) === (other ?? null)
}

/** Below, at or above zero; null where the two cannot be compared. */
export function compare(one: unknown, other: unknown): number | null {
  if (typeof one === 'number' && typeof other === 'number') return one - other
  if (typeof one === 'string' && typeof other === 'string') return one < other ? -1 : one > other ? 1 : 0
  return null
}

/** JSON as Go's encoder writes it: keys sorted, `<`, `>` and `&` escaped. */
export function toJson(value: unknown, indent?: string): string {
  const sorted = (part: unknown): unknown => (Array.isArray(part) ? part.map(sorted) : typeof part === 'object' && part !== null ? Object.fromEntries(entries(part).map(([key, one]) => [key, sorted(one)])) : part)
  return JSON.stringify(sorted(value ?? null), null, indent).replace(/[<>&\u2028\u2029]/g, (letter) => `\\u${letter.charCodeAt(0).toString(16).padStart(4, '0')}`)
}
