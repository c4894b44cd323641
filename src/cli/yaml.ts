// YAML of what would be JSON: keys sorted, digits kept.
import { parse, stringify } from 'yaml'
import { formatJson } from './json.ts'

export const formatYaml = (value: unknown): string =>
  stringify(parse(formatJson(value), { intAsBigInt: true }), { sortMapEntries: true, lineWidth: 0, indentSeq: false }).trim()
