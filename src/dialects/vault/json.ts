// JSON from strangers: bounded in depth and in count before it is parsed, UTF-8 checked.
import { isUtf8 } from 'node:buffer'
import { Fault, invalid } from '../../kit/errors.ts'
import { isWellFormed, parseExactly } from '../../kit/json.ts'

export const maxDepth = 128
export const maxStrings = 200_000
/** Of any kind, strings included. */
export const maxValues = 1_000_000

/** Parses a body; `invalid` for malformed JSON, `too-large` beyond the bounds. The message never quotes the input. */
export function parseJson(body: Buffer): unknown {
  if (!isUtf8(body)) throw invalid('failed to parse JSON input: not valid UTF-8')
  // Small bodies cannot exceed the bounds by much; the scan is for those that could hurt.
  if (body.length > 256) checkBounds(body)
  const text = body.toString()
  let value: unknown
  try {
    // JSON.parse makes `__proto__` an own key; copying such an object elsewhere would set its prototype.
    value = parseExactly(text, mayNameProto(body))
  } catch {
    throw invalid('failed to parse JSON input: malformed')
  }
  if (!isWellFormed(text, value)) throw invalid('failed to parse JSON input: a string is not well-formed Unicode')
  return value
}

/** An escape can spell any name. */
const mayNameProto = (body: Buffer): boolean => body.includes('__proto__') || body.includes('\\u00')

function checkBounds(body: Buffer): void {
  let depth = 0
  let strings = 0
  let values = 0
  for (let at = 0; at < body.length; at++) {
    const byte = body[at]!
    if (byte === 0x22) {
      strings++
      for (at++; at < body.length && body[at] !== 0x22; at++) if (body[at] === 0x5c) at++
    } else if (byte === 0x7b || byte === 0x5b) {
      if (++depth > maxDepth) throw new Fault('invalid', `failed to parse JSON input: nested deeper than ${maxDepth}`)
      values++
    } else if (byte === 0x7d || byte === 0x5d) depth--
    else if (byte === 0x2c) values++
    else continue
    if (values > maxValues) throw new Fault('too-large', `failed to parse JSON input: more than ${maxValues} values`)
    if (strings > maxStrings) throw new Fault('too-large', `failed to parse JSON input: more than ${maxStrings} strings`)
  }
}
