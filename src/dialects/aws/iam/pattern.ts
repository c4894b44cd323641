// Patterns of IAM's policies: `*` is any text, `?` any character, `${key}` what the request says.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html

// Characters for private use stand for wildcards, so that what a variable brings in is never one.
const [any, single] = ['\uE000', '\uE001']
const reserved = /[\uE000\uE001]/

export const isReserved = (text: string): boolean => reserved.test(text)

type ValueOf = (key: string) => string | undefined

function fill(text: string, wildcards: boolean, valueOf: ValueOf | undefined): string | null {
  let whole = true
  const filled = text.replace(/\$\{([^}]*)\}|[*?]/g, (found: string, variable: unknown) => {
    if (typeof variable !== 'string') return !wildcards ? found : found === '*' ? any : single
    if (!valueOf) return found
    if (/^[*?$]$/.test(variable)) return variable
    const [, key = '', fallback] = /^([^,]*?)\s*(?:,\s*'([^']*)')?$/.exec(variable) ?? []
    const value = valueOf(key) ?? fallback
    if (value === undefined || isReserved(value)) whole = false
    return value ?? ''
  })
  return whole ? filled : null
}

/** A pattern ready to be matched, or null where a variable of it has no value. `valueOf`: absent for documents without variables. */
export const fillPattern = (pattern: string, valueOf?: ValueOf): string | null => fill(pattern, true, valueOf)
/** The same for a text that is compared whole. */
export const fillText = (text: string, valueOf?: ValueOf): string | null => fill(text, false, valueOf)

/** Whether `text` is what a filled pattern says; its time is bounded by the product of both lengths. */
export function matchesFilled(pattern: string, text: string): boolean {
  let [p, t, star, from] = [0, 0, -1, 0]
  while (t < text.length) {
    if (pattern[p] === any) [star, from] = [p++, t]
    else if (p < pattern.length && (pattern[p] === single || pattern[p] === text[t])) [p, t] = [p + 1, t + 1]
    else if (star >= 0) [p, t] = [star + 1, ++from]
    else return false
  }
  while (pattern[p] === any) p++
  return p === pattern.length
}

const parts = 6
/** The parts of an ARN; the last keeps its colons. */
const partsOf = (text: string): string[] => {
  const all = text.split(':')
  return all.length <= parts ? all : [...all.slice(0, parts - 1), all.slice(parts - 1).join(':')]
}

/** Part by part, so that a wildcard does not reach over a colon before the resource. */
export function matchesArn(pattern: string, arn: string): boolean {
  const [wanted, actual] = [partsOf(pattern), partsOf(arn)]
  return wanted.length === actual.length && wanted.every((part, at) => matchesFilled(part, actual[at]!))
}

/** Whether a filled pattern of resources means `resource`. Regions are not kept apart here, so that one written in full counts as any. */
export function matchesResource(pattern: string, resource: string): boolean {
  if (matchesFilled(pattern, resource)) return true
  const [wanted, actual] = [partsOf(pattern), partsOf(resource)]
  const region = wanted[3] ?? ''
  if (wanted.length < parts || actual.length < parts || region === '' || isReserved(region)) return false
  return matchesFilled(pattern, [...actual.slice(0, 3), region, ...actual.slice(4)].join(':'))
}
