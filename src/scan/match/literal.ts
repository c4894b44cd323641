// What a pattern is sure to hold: the text that it begins with (a keyword that is that beginning tells where the match
// starts), and a sign.

const assertions = /^(?:\\[bB]|\(\?<?[=!](?:\\.|\[(?:\\.|[^\]\\])*\]|[^()\\[])*\)|\(\?:\(\?<[=!](?:\\.|\[(?:\\.|[^\]\\])*\]|[^()\\[])*\)(?:\|\(\?<[=!](?:\\.|\[(?:\\.|[^\]\\])*\]|[^()\\[])*\))*\))/

/** The literal characters that every match begins with; empty where the source does not show any or ignores case. */
export function literalStart(pattern: RegExp): string {
  if (pattern.flags.includes('i')) return ''
  let rest = pattern.source
  for (let match = assertions.exec(rest); match !== null; match = assertions.exec(rest)) rest = rest.slice(match[0].length)
  if (hasBar(rest)) return ''
  if (rest.startsWith('(?<secret>')) {
    if (hasBar(rest.slice(10, closing(rest)))) return ''
    rest = rest.slice(10)
  }
  const literal = /^(?:[A-Za-z\d_:/@~%#-]|\\[-/.+$:_])*/.exec(rest)![0]
  const next = rest[literal.length]
  const whole = literal.replaceAll('\\', '')
  return next === '?' || next === '*' || next === '{' || next === '+' ? whole.slice(0, -1) : whole
}

/** The byte of `@` where every match must hold one outside any group, else 0: few windows hold one. */
export function requiredSign(pattern: RegExp): number {
  const { source } = pattern
  if (hasBar(source)) return 0
  let depth = 0
  for (const match of source.matchAll(/\\.|\[(?:\\.|[^\]\\])*\]|[()@]/g)) {
    if (match[0] === '(') depth++
    else if (match[0] === ')') depth--
    else if (match[0] === '@' && depth === 0 && !/^[?*{]/.test(source.slice(match.index + 1))) return 64
  }
  return 0
}

/** Whether an alternation stands outside any group. */
function hasBar(source: string): boolean {
  let depth = 0
  for (const [token] of source.matchAll(/\\.|\[(?:\\.|[^\]\\])*\]|[()|]/g)) {
    if (token === '(') depth++
    else if (token === ')') depth--
    else if (token === '|' && depth === 0) return true
  }
  return false
}

/** Where the group closes that the source begins with. */
function closing(source: string): number {
  let depth = 0
  for (const match of source.matchAll(/\\.|\[(?:\\.|[^\]\\])*\]|[()]/g)) {
    if (match[0] === '(') depth++
    else if (match[0] === ')' && --depth === 0) return match.index
  }
  return source.length
}
