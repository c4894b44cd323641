// Identity templates in policy paths: `secret/data/{{identity.entity.name}}/*`. A value that could widen a
// rule, and a value that is missing, void the rule for this caller.
import { invalid } from '../../kit/errors.ts'
import type { PathRule, Policy } from './policy.ts'

export interface PolicyAlias {
  id: string
  name: string
  metadata: Readonly<Record<string, string>>
  customMetadata: Readonly<Record<string, string>>
}

export interface PolicyGroup {
  id: string
  name: string
  metadata: Readonly<Record<string, string>>
}

/** What identity knows of a caller, as far as policies may ask; `entity` is null for a token without one. */
export interface PolicyIdentity {
  entity: {
    id: string
    name: string
    metadata: Readonly<Record<string, string>>
    /** By mount accessor. */
    aliases: ReadonlyMap<string, PolicyAlias>
  } | null
  /** The groups that the caller is a member of. */
  groups: readonly PolicyGroup[]
}

const placeholder = /\{\{([^{}]*)\}\}/g
const unsafe = /[*+/,\p{Cc}]|^\.{1,2}$/u

type Found = string | undefined | null
const alias = (identity: PolicyIdentity, accessor: string) => identity.entity?.aliases.get(accessor)
const group = (identity: PolicyIdentity, by: 'id' | 'name', value: string) => identity.groups.find((group) => group[by] === value)
const entry = (record: Readonly<Record<string, string>> | undefined, key: string) => (record && Object.hasOwn(record, key) ? record[key] : undefined)

/** Each form of parameter: its pattern, and its value for a caller. */
const forms: readonly (readonly [RegExp, (identity: PolicyIdentity, first: string, second: string) => Found])[] = [
  [/^identity\.entity\.id$/, ({ entity }) => entity?.id],
  [/^identity\.entity\.name$/, ({ entity }) => entity?.name],
  [/^identity\.entity\.metadata\.(.+)$/, ({ entity }, key) => entry(entity?.metadata, key)],
  [/^identity\.entity\.aliases\.([^.]+)\.id$/, (identity, accessor) => alias(identity, accessor)?.id],
  [/^identity\.entity\.aliases\.([^.]+)\.name$/, (identity, accessor) => alias(identity, accessor)?.name],
  [/^identity\.entity\.aliases\.([^.]+)\.metadata\.(.+)$/, (identity, accessor, key) => entry(alias(identity, accessor)?.metadata, key)],
  [/^identity\.entity\.aliases\.([^.]+)\.custom_metadata\.(.+)$/, (identity, accessor, key) => entry(alias(identity, accessor)?.customMetadata, key)],
  [/^identity\.groups\.ids\.([^.]+)\.name$/, (identity, id) => group(identity, 'id', id)?.name],
  [/^identity\.groups\.ids\.([^.]+)\.metadata\.(.+)$/, (identity, id, key) => entry(group(identity, 'id', id)?.metadata, key)],
  [/^identity\.groups\.names\.(.+?)\.metadata\.(.+)$/, (identity, name, key) => entry(group(identity, 'name', name)?.metadata, key)],
  [/^identity\.groups\.names\.(.+)\.id$/, (identity, name) => group(identity, 'name', name)?.id],
]

/** Throws `invalid` where a path has a placeholder that no caller could ever fill, or braces that do not pair. */
export function checkTemplate(path: string): void {
  for (const [, parameter] of path.matchAll(placeholder)) {
    if (!forms.some(([pattern]) => pattern.test(parameter!.trim()))) throw invalid(`invalid template parameter "${parameter!.trim()}"`)
  }
  if (/\{\{|\}\}/.test(path.replace(placeholder, ''))) throw invalid('unbalanced templating characters')
}

/** Whether any rule depends on who asks. */
export const isTemplated = (policy: Policy): boolean => policy.rules.some((rule) => rule.path.includes('{{'))

/**
 * The policy as it stands for one caller. A rule whose value is missing or empty is left out, and so is a grant whose
 * value holds a wildcard or a separator; a deny keeps such a value, since without it the rest would grant more.
 */
export function templatePolicy(policy: Policy, identity: PolicyIdentity): Policy {
  if (!isTemplated(policy)) return policy
  return { ...policy, rules: policy.rules.flatMap((rule) => fill(rule, identity)) }
}

function fill(rule: PathRule, identity: PolicyIdentity): PathRule[] {
  const denies = rule.capabilities.includes('deny')
  let whole = true
  const path = rule.path.replace(placeholder, (_, parameter: string) => {
    const value = resolve(parameter.trim(), identity)
    if (!value || (!denies && unsafe.test(value))) whole = false
    return value ?? ''
  })
  return whole ? [{ ...rule, path }] : []
}

function resolve(parameter: string, identity: PolicyIdentity): Found {
  for (const [pattern, value] of forms) {
    const found = pattern.exec(parameter)
    if (found) return value(identity, found[1] ?? '', found[2] ?? '')
  }
  return undefined
}
