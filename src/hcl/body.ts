// What parsed HCL is: a body of items in the order of the text, with accessors that see blocks, JSON objects
// and lists of objects alike.
import { invalid } from '../kit/errors.ts'

export type HclValue = string | number | boolean | null | HclValue[] | HclBody

/** `keys` is the name and the labels: `path "a" { … }` has `['path', 'a']`. */
export interface HclItem {
  keys: string[]
  value: HclValue
  line: number
  column: number
}

export interface HclBlock {
  type: string
  labels: string[]
  body: HclBody
  line: number
  column: number
}

export class HclBody {
  readonly items: readonly HclItem[]

  constructor(items: readonly HclItem[]) {
    this.items = items
  }

  /** The distinct names, in order. */
  keys(): string[] {
    return [...new Set(this.items.map((item) => item.keys[0]!))]
  }

  has(key: string): boolean {
    return this.items.some((item) => item.keys[0] === key)
  }

  /** The plain value of that name (a block as an object, the last of several), or undefined. */
  get(key: string): unknown {
    const item = this.items.findLast((item) => item.keys[0] === key)
    return item && plain(nest(item))
  }

  /**
   * Blocks of one type, each with exactly `labels` labels: `blocks('listener', 1)`. Repeated blocks, objects assigned
   * with `=`, JSON's nested objects and lists of objects are all found. Throws `invalid` where labels are missing.
   */
  blocks(type: string, labels = 0): HclBlock[] {
    return this.items.filter((item) => item.keys[0] === type).flatMap((item) => unfold(item, type, labels))
  }

  /** Attributes and blocks as one plain object; labels become nested objects, repeated blocks a list. */
  toObject(): Record<string, unknown> {
    const values = new Map<string, unknown>()
    const repeated = new Set<string>()
    for (const item of this.items) {
      const key = item.keys[0]!
      const value = nest(item)
      const present = values.get(key)
      if (value instanceof HclBody && repeated.has(key)) (present as unknown[]).push(plain(value))
      else if (value instanceof HclBody && values.has(key)) {
        repeated.add(key)
        values.set(key, [present, plain(value)])
      } else {
        repeated.delete(key)
        values.set(key, plain(value))
      }
    }
    return Object.fromEntries(values)
  }
}

function nest(item: HclItem): HclValue {
  if (item.keys.length === 1) return item.value
  return new HclBody([{ ...item, keys: item.keys.slice(1) }])
}

function plain(value: HclValue): unknown {
  if (value instanceof HclBody) return value.toObject()
  return Array.isArray(value) ? value.map(plain) : value
}

function unfold(item: HclItem, type: string, wanted: number): HclBlock[] {
  const { line, column } = item
  const given = item.keys.slice(1)
  if (given.length > wanted) {
    const body = new HclBody([{ ...item, keys: given.slice(wanted) }])
    return [{ type, labels: given.slice(0, wanted), body, line, column }]
  }
  const values = Array.isArray(item.value) ? item.value : [item.value]
  return values.flatMap((value) => {
    if (!(value instanceof HclBody)) throw invalid(`At ${line}:${column}: "${type}" must be a block`)
    if (given.length === wanted) return [{ type, labels: given, body: value, line, column }]
    return value.items.flatMap((inner) => unfold({ ...inner, keys: [type, ...given, ...inner.keys] }, type, wanted))
  })
}
