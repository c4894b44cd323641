// YAML of what would be JSON: keys sorted, digits kept.
import { formatJson } from './json.ts'

export async function formatYaml(value: unknown): Promise<string> {
  const { parse, stringify } = await import('yaml')
  return stringify(parse(formatJson(value), { intAsBigInt: true }), { sortMapEntries: true, lineWidth: 0, indentSeq: false }).trim()
}
