// Conditions of a statement: operators, and how they treat what a request does not say.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
import { checkCidrs, withinCidrs } from '../../../kit/cidr.ts'
import { isObject } from '../../../kit/field.ts'
import { fillPattern, fillText, matchesArn, matchesFilled } from './pattern.ts'

/** The values of a condition key: null where the request has none, undefined where the key means nothing here. */
export type ValuesOf = (key: string) => readonly string[] | null | undefined

export interface Condition {
  /** Null for one that nobody knows. */
  operator: Operator | null
  /** How many of several values have to fit. */
  each: 'any' | 'all' | 'one'
  /** Holds where the request does not say. */
  ifExists: boolean
  /** In lower case. */
  key: string
  wanted: readonly string[]
}

interface Operator {
  name: string
  /** Whether values are patterns. */
  pattern: boolean
  negated: boolean
  fits(wanted: string, actual: string): boolean
  /** Whether a value is one that can be compared. */
  takes(wanted: string): boolean
}

const dateOf = (text: string): number => (/^\d+(?:\.\d+)?$/.test(text) ? Number(text) * 1000 : Date.parse(text))
const network = (wanted: string, actual: string): boolean => withinCidrs(actual, [wanted])
const isNetwork = (wanted: string): boolean => {
  try {
    checkCidrs([wanted], '')
    return true
  } catch {
    return false
  }
}
type Fits = Operator['fits']
const ordered = (valueOf: (text: string) => number): Record<string, Fits> => ({
  Equals: (wanted, actual) => valueOf(actual) === valueOf(wanted),
  LessThan: (wanted, actual) => valueOf(actual) < valueOf(wanted),
  LessThanEquals: (wanted, actual) => valueOf(actual) <= valueOf(wanted),
  GreaterThan: (wanted, actual) => valueOf(actual) > valueOf(wanted),
  GreaterThanEquals: (wanted, actual) => valueOf(actual) >= valueOf(wanted),
})
const equal: Fits = (wanted, actual) => wanted === actual
const alike: Fits = (wanted, actual) => wanted.toLowerCase() === actual.toLowerCase()

const operators: Record<string, Operator> = {}
const add = (name: string, fits: Fits, { not, pattern = false, takes = () => true }: { not?: string; pattern?: boolean; takes?: Operator['takes'] } = {}): void => {
  operators[name] = { name, pattern, negated: false, fits, takes }
  if (not !== undefined) operators[not] = { name: not, pattern, negated: true, fits, takes }
}
add('StringEquals', equal, { not: 'StringNotEquals' })
add('StringEqualsIgnoreCase', alike, { not: 'StringNotEqualsIgnoreCase' })
add('StringLike', matchesFilled, { not: 'StringNotLike', pattern: true })
add('ArnEquals', matchesArn, { not: 'ArnNotEquals', pattern: true })
add('ArnLike', matchesArn, { not: 'ArnNotLike', pattern: true })
add('Bool', alike)
add('BinaryEquals', equal)
add('IpAddress', network, { not: 'NotIpAddress', takes: isNetwork })
add('Null', () => false, { takes: (wanted) => /^(?:true|false)$/i.test(wanted) })
for (const [family, valueOf] of [['Numeric', Number], ['Date', dateOf]] as const) {
  const takes = (wanted: string): boolean => !Number.isNaN(valueOf(wanted))
  for (const [name, fits] of Object.entries(ordered(valueOf))) add(family + name, fits, name === 'Equals' ? { not: `${family}NotEquals`, takes } : { takes })
}

/** The conditions of a statement; throws what `malformed` gives for what has another form. */
export function parseConditions(given: unknown, malformed: () => Error): Condition[] {
  if (!isObject(given)) throw malformed()
  return Object.entries(given).flatMap(([name, keys]) => {
    if (!isObject(keys)) throw malformed()
    const [, set, plain = '', ifExists] = /^(ForAnyValue:|ForAllValues:)?(.*?)(IfExists)?$/.exec(name) ?? []
    return Object.entries(keys).map(([key, values]): Condition => {
      const wanted = [values].flat()
      if (!wanted.every((one) => typeof one === 'string' || typeof one === 'number' || typeof one === 'boolean')) throw malformed()
      const operator = Object.hasOwn(operators, plain) ? operators[plain]! : null
      if (operator && !wanted.every((one) => operator.takes(String(one)))) throw malformed()
      return {
        operator,
        each: set === undefined ? 'one' : set === 'ForAnyValue:' ? 'any' : 'all',
        ifExists: ifExists !== undefined,
        key: key.toLowerCase(),
        wanted: wanted.map(String),
      }
    })
  })
}

/** Whether a condition holds; `unknown` where its operator or key means nothing here. `variables`: whether values may hold `${…}`. */
export function holds({ operator, each, ifExists, key, wanted }: Condition, valuesOf: ValuesOf, variables: boolean): boolean | 'unknown' {
  const actual = valuesOf(key)
  if (!operator || actual === undefined) return 'unknown'
  if (operator.name === 'Null') return wanted.some((one) => (one.toLowerCase() === 'true') === (actual === null || actual.length === 0))
  if (actual === null || actual.length === 0) return ifExists || each === 'all' || (operator.negated && each === 'one')
  const fill = operator.pattern ? fillPattern : fillText
  const texts = wanted.map((one) => fill(one, variables ? firstOf(valuesOf) : undefined))
  const fits = (value: string): boolean => texts.some((text) => text !== null && operator.fits(text, value)) !== operator.negated
  if (each === 'all') return actual.every(fits)
  // Without a set operator a negation is one of all values, as a match is one of any.
  return each === 'one' && operator.negated ? actual.every(fits) : actual.some(fits)
}

export const firstOf = (valuesOf: ValuesOf) => (key: string): string | undefined => valuesOf(key.toLowerCase())?.[0]
