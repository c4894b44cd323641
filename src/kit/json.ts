// JSON that keeps every digit: a number that a double cannot hold stays the text that it was, and is written so again.
// https://github.com/tc39/proposal-json-parse-with-source

interface Raw {
  rawJSON: string
}
const json = JSON as unknown as { rawJSON(text: string): Raw; isRawJSON(value: unknown): value is Raw }

/** The digits of a number that is kept as text; undefined for every other value. */
export const digitsOf = (value: unknown): string | undefined => (json.isRawJSON(value) ? value.rawJSON : undefined)

/** Only texts in which such a number may stand are worth the slower way. */
const mayExceed = /\d[\d.]{15}|\d[eE][+-]?\d{3}/

/** As `JSON.parse`; `dropProto` leaves members named `__proto__` out. */
export function parseExactly(text: string, dropProto = false): unknown {
  return dropProto || mayExceed.test(text) ? parseKeeping(text, isInexact, dropProto) : JSON.parse(text)
}

/** As `JSON.parse`, but a number for which `keeps` says so stays the text that it was. */
export function parseKeeping(text: string, keeps: (value: number, source: string) => boolean, dropProto = false): unknown {
  return JSON.parse(text, function (key: string, value: unknown, context?: { source?: string }) {
    if (dropProto && key === '__proto__') return undefined
    const source = context?.source
    return typeof value === 'number' && source !== undefined && keeps(value, source) ? json.rawJSON(source) : value
  } as (key: string, value: unknown) => unknown)
}

const isInexact = (value: number, source: string): boolean => !Number.isFinite(value) || (source.length > 15 && String(value) !== source)

/** Only an escape can spell half of a surrogate pair in a text that is valid UTF-8. */
const mayBreakPairs = /\\u[dD][89a-fA-F]/

/** Whether every string in `value`, parsed from `text`, is well-formed Unicode: half a pair cannot be written as UTF-8 again. */
export const isWellFormed = (text: string, value: unknown): boolean => !mayBreakPairs.test(text) || allWellFormed(value)

function allWellFormed(value: unknown): boolean {
  if (typeof value === 'string') return value.isWellFormed()
  if (typeof value !== 'object' || value === null) return true
  return Object.entries(value).every(([key, inner]) => key.isWellFormed() && allWellFormed(inner))
}

/** A value by its text, which is what `JSON.stringify` would write of it: taken apart only where somebody looks into it. */
export class Unparsed {
  readonly text: string
  #value: unknown

  constructor(text: string) {
    this.text = text
  }

  get value(): unknown {
    return (this.#value ??= parseExactly(this.text))
  }

  toJSON(): unknown {
    return this.value
  }
}

const holdsUnparsed = (members: Record<string, unknown>): boolean => {
  for (const key in members) if (members[key] instanceof Unparsed) return true
  return false
}

/** The same members, each of them parsed. */
export const openedMembers = (members: Record<string, unknown>): Record<string, unknown> =>
  holdsUnparsed(members) ? Object.fromEntries(Object.entries(members).map(([key, member]) => [key, member instanceof Unparsed ? member.value : member])) : members

/** As `JSON.stringify`, without taking apart what is unparsed. */
export function stringifyMembers(members: Record<string, unknown>): string {
  if (!holdsUnparsed(members)) return JSON.stringify(members)
  let text = ''
  for (const key in members) {
    const member = members[key]
    const written = member instanceof Unparsed ? member.text : JSON.stringify(member)
    if (written !== undefined) text += `${text === '' ? '{' : ','}${JSON.stringify(key)}:${written}`
  }
  return `${text}}`
}
