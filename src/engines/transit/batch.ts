// Batches: many inputs in one request, each answered on its own, an error included.
import { answer, type Answer } from '../../kit/answer.ts'
import { Fault, invalid } from '../../kit/errors.ts'
import { any, field, isObject } from '../../kit/field.ts'

export type Item = Record<string, string | number>

const maxItems = 100_000

function parseItems(raw: unknown, name: string): Item[] {
  const list = typeof raw === 'string' ? parseJson(raw, name) : raw
  if (!Array.isArray(list)) throw invalid(`${name}: expected a list of objects`)
  if (list.length === 0) throw invalid('missing batch input to process')
  if (list.length > maxItems) throw invalid(`${name}: at most ${maxItems} items`)
  return list.map((item, at) => parseItem(item, `${name}[${at}]`))
}

function parseJson(raw: string, name: string): unknown {
  try {
    return JSON.parse(raw)
  } catch {
    throw invalid(`${name}: expected a list of objects`)
  }
}

function parseItem(item: unknown, name: string): Item {
  if (!isObject(item)) throw invalid(`failed to parse batch input: ${name}: expected an object`)
  const clean: Item = {}
  for (const [key, value] of Object.entries(item)) {
    if (typeof value === 'string' || typeof value === 'number') clean[key] = value
    else if (value !== null) throw invalid(`failed to parse batch input: ${name}.${key}: expected a string`)
  }
  return clean
}

const items = field({ type: 'array', items: { type: 'object' } }, parseItems)

/** The field `batch_input`; what its items hold is secret as a whole. */
export const batchInput = items({ about: 'Items to process in one request, each with the fields of a single one.', secret: true })
export const batchResults = any({ about: 'One result for each item, in their order: its fields, or `error`; and its `reference`.', secret: true })

/** Text of an item's field, `''` where it is absent. */
export const textOf = (item: Item, name: string): string => (item[name] === undefined ? '' : String(item[name]))

export function integerOf(item: Item, name: string): number {
  const value = Number(item[name] ?? 0)
  if (!Number.isSafeInteger(value)) throw invalid(`${name}: expected a whole number`)
  return value
}

export interface BatchOptions {
  /** Status where all items fail; 200 for operations whose batches always succeed as a whole. */
  failed: 200 | 400
  /** Status where some succeed. */
  partial?: number | undefined
  /** What stands in the item's result where it failed. */
  blank?: Record<string, unknown>
}

/** Runs `one` for each item, or once for a single request, whose error is then the request's own. */
export function runItems(
  batch: Item[] | undefined, single: () => Item, one: (item: Item) => Record<string, unknown>, options: BatchOptions,
): Answer | Record<string, unknown> {
  if (!batch) return one(single())
  let failures = 0
  const results = batch.map((item) => {
    const reference = textOf(item, 'reference')
    try {
      return { ...one(item), reference }
    } catch (error) {
      if (!(error instanceof Fault)) throw error
      failures++
      return { ...options.blank, error: error.message, reference }
    }
  })
  const status = failures === 0 ? 200 : failures < batch.length ? (options.partial ?? options.failed) : options.failed
  return answer({ data: { batch_results: results }, status })
}
