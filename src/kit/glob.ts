// Names with `*` as a wildcard for any text, as roles and quotas use them.

/** Whether `pattern` covers the whole of `name`; linear in both. */
export function matchesGlob(pattern: string, name: string): boolean {
  const parts = pattern.split('*')
  if (parts.length === 1) return pattern === name
  const [head, tail] = [parts[0]!, parts.at(-1)!]
  if (name.length < head.length + tail.length || !name.startsWith(head) || !name.endsWith(tail)) return false
  let from = head.length
  const end = name.length - tail.length
  for (const part of parts.slice(1, -1)) {
    const at = name.indexOf(part, from)
    if (at < 0 || at + part.length > end) return false
    from = at + part.length
  }
  return true
}

export const matchesAnyGlob = (patterns: readonly string[], name: string): boolean => patterns.some((pattern) => matchesGlob(pattern, name))
