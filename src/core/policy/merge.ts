// The same pattern in several policies becomes one entry: capabilities add up, a denial ends it, the shorter
// wrapping bounds and the smaller page win, parameter rules are joined. As Vault merges them.
import type { Constraints } from './parameters.ts'
import type { Capability, ParameterRules, PathRule } from './policy.ts'

export interface Entry extends Constraints {
  pattern: string
  /** Every policy that has this pattern. */
  policies: string[]
  capabilities: Capability[]
  /** The policies that give each capability. */
  granting: Partial<Record<Capability, string[]>>
  denies: boolean
  sudo: boolean
  /** Whether anything but capabilities has to be looked at. */
  constrained: boolean
}

export function newEntry(pattern: string, policy: string, rule: PathRule): Entry {
  const entry: Entry = {
    pattern, policies: [], capabilities: [], granting: {}, denies: false, sudo: false, constrained: false,
    allowed: null, denied: null, required: [], minWrappingTtl: 0, maxWrappingTtl: 0, paginationLimit: 0,
  }
  mergeRule(entry, policy, rule)
  return entry
}

export function mergeRule(entry: Entry, policy: string, rule: PathRule): void {
  if (!entry.policies.includes(policy)) entry.policies.push(policy)
  if (entry.denies) return
  if (rule.capabilities.includes('deny')) {
    Object.assign(entry, { denies: true, sudo: false, constrained: false, capabilities: ['deny'], granting: {}, paginationLimit: 0 })
    return
  }
  for (const capability of rule.capabilities) {
    const granting = (entry.granting[capability] ??= [])
    if (granting.length === 0) entry.capabilities.push(capability)
    if (!granting.includes(policy)) granting.push(policy)
  }
  entry.sudo = entry.capabilities.includes('sudo')
  entry.minWrappingTtl = lesser(entry.minWrappingTtl, rule.minWrappingTtl)
  entry.maxWrappingTtl = lesser(entry.maxWrappingTtl, rule.maxWrappingTtl)
  entry.paginationLimit = lesser(entry.paginationLimit, rule.paginationLimit)
  entry.allowed = join(entry.allowed, rule.allowed)
  entry.denied = join(entry.denied, rule.denied)
  if (rule.required) entry.required = [...new Set([...entry.required, ...rule.required])]
  const bounds = entry.minWrappingTtl + entry.maxWrappingTtl + entry.paginationLimit + entry.required.length
  entry.constrained = bounds > 0 || entry.allowed !== null || entry.denied !== null
}

/** The smaller of two bounds, of which 0 and undefined are none. */
const lesser = (present: number, added: number | undefined): number => (added && (present === 0 || added < present) ? added : present)

/** Values of the same name add up; any value, once said, stays. */
function join(present: ParameterRules | null, added: ParameterRules | undefined): ParameterRules | null {
  if (!added || added.size === 0) return present
  const joined = new Map(present)
  for (const [name, values] of added) {
    const before = joined.get(name)
    joined.set(name, values.length === 0 || before?.length === 0 ? [] : [...values, ...(before ?? [])])
  }
  return joined
}
