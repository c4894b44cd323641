// YAML of what would be JSON: keys sorted, digits kept; texts are quoted where any version of YAML would read them as something else.
import { formatJson } from './json.ts'

export async function formatYaml(value: unknown): Promise<string> {
  const { parse, stringify } = await import('yaml')
  return stringify(parse(formatJson(value), { intAsBigInt: true }), { version: '1.1', sortMapEntries: true, lineWidth: 0, indentSeq: false }).trim()
}
