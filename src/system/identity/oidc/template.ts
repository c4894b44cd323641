// Claims of a role's own: a JSON text in which `{{identity.entity.…}}` and `{{time.now}}` stand for values.
// https://openbao.org/docs/secrets/identity/identity-token
import type { PolicyIdentity } from '../../../core/policy/index.ts'
import { parseDuration } from '../../../kit/duration.ts'
import { invalid } from '../../../kit/errors.ts'
import { isObject } from '../../../kit/field.ts'

const reserved = ['iat', 'aud', 'exp', 'iss', 'sub', 'namespace', 'nonce', 'at_hash', 'c_hash', 'auth_time']
const placeholder = /"?\{\{\s*([^{}]*?)\s*\}\}"?/g

type Find = (identity: PolicyIdentity, now: number, first: string, second: string) => unknown
const aliasOf = (identity: PolicyIdentity, accessor: string) => identity.entity?.aliases.get(accessor)
const own = (record: Readonly<Record<string, string>> | undefined, key: string): string => (record && Object.hasOwn(record, key) ? record[key]! : '')

const forms: readonly (readonly [RegExp, Find])[] = [
  [/^identity\.entity\.id$/, ({ entity }) => entity?.id ?? ''],
  [/^identity\.entity\.name$/, ({ entity }) => entity?.name ?? ''],
  [/^identity\.entity\.metadata$/, ({ entity }) => entity?.metadata ?? {}],
  [/^identity\.entity\.metadata\.(.+)$/, ({ entity }, _, key) => own(entity?.metadata, key)],
  [/^identity\.entity\.groups\.ids$/, ({ groups }) => groups.map((group) => group.id)],
  [/^identity\.entity\.groups\.names$/, ({ groups }) => groups.map((group) => group.name)],
  [/^identity\.entity\.aliases\.([^.]+)\.id$/, (identity, _, accessor) => aliasOf(identity, accessor)?.id ?? ''],
  [/^identity\.entity\.aliases\.([^.]+)\.name$/, (identity, _, accessor) => aliasOf(identity, accessor)?.name ?? ''],
  [/^identity\.entity\.aliases\.([^.]+)\.metadata$/, (identity, _, accessor) => aliasOf(identity, accessor)?.metadata ?? {}],
  [/^identity\.entity\.aliases\.([^.]+)\.metadata\.(.+)$/, (identity, _, accessor, key) => own(aliasOf(identity, accessor)?.metadata, key)],
  [/^identity\.entity\.aliases\.([^.]+)\.custom_metadata$/, (identity, _, accessor) => aliasOf(identity, accessor)?.customMetadata ?? {}],
  [/^identity\.entity\.aliases\.([^.]+)\.custom_metadata\.(.+)$/, (identity, _, accessor, key) => own(aliasOf(identity, accessor)?.customMetadata, key)],
  [/^time\.now$/, (_, now) => now],
  [/^time\.now\.plus\.(.+)$/, (_, now, period) => now + parseDuration(period, 'time.now.plus')],
  [/^time\.now\.minus\.(.+)$/, (_, now, period) => now - parseDuration(period, 'time.now.minus')],
]

function fill(text: string, identity: PolicyIdentity, now: number): Record<string, unknown> {
  const filled = text.replace(placeholder, (_, parameter: string) => {
    for (const [pattern, find] of forms) {
      const found = pattern.exec(parameter)
      if (found) return JSON.stringify(find(identity, now, found[1] ?? '', found[2] ?? ''))
    }
    throw invalid(`template: unknown parameter "${parameter.slice(0, 128)}"`)
  })
  let value: unknown
  try {
    value = JSON.parse(filled)
  } catch {
    throw invalid('template: error parsing the JSON text')
  }
  if (!isObject(value)) throw invalid('template: expected a JSON object')
  const taken = Object.keys(value).find((name) => reserved.includes(name))
  if (taken !== undefined) throw invalid(`template: top level key "${taken}" not allowed. Restricted keys: ${reserved.join(', ')}`)
  return value
}

/** The text itself, or what its base64 says; refuses a text that could never be filled in. */
export function readTemplate(raw: string): string {
  if (raw.trim() === '') return ''
  const text = raw.trim().startsWith('{') ? raw : Buffer.from(raw, 'base64').toString()
  fill(text, { entity: null, groups: [] }, 0)
  return text
}

/** Claims for one entity; `now` in seconds. */
export const claimsOf = (template: string, identity: PolicyIdentity, now: number): Record<string, unknown> => (template === '' ? {} : fill(template, identity, now))
