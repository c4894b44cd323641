// Lines that give a secret away without holding one: a secret that is logged, thrown, written to a plain file, or set in a
// layer of an image.
import type { Candidate } from '../match/candidate.ts'
import type { Detector, Place } from '../match/matcher.ts'
import type { Way } from '../match/sieve.ts'
import type { Text } from '../match/text.ts'
import type { Rule } from '../rule.ts'
import { kindOf } from './name.ts'
import { isReference, isWrapped } from './placeholder.ts'
import { loggedEnvironment, loggedSecret, plainTextSecret, layerSecret } from './rules.ts'
import { syntaxOf } from './syntax.ts'

const secretName = String.raw`(?:[A-Za-z_$][\w$]*\.)*[A-Za-z_$]*?(?:[pP]ass(?:word|wd|phrase)|PASSWORD|[aA]pi_?[kK]ey|API_KEY|[sS]ecret(?:_?[kK]ey)?|SECRET(?:_KEY)?|[aA]ccess_?[tT]oken|[aA]uth_?[tT]oken|[pP]rivate_?[kK]ey|[cC]redentials)`
/** Bare use of such a name: not asked about, not passed to a function, not a key with another value. */
const exposed = new RegExp(String.raw`(?<![\w.$!?]|typeof |[=!]==? ?)(${secretName})(?!\s*(?:[\w.$:(?]|[=!]==?|&&))`)
const call = /^(?:console\.(?:log|info|warn|error|debug|trace)|log(?:ger|ging)?\.(?:log|info|warn(?:ing)?|error|debug|trace|fatal|print(?:f|ln)?)|print(?:f|ln)?|throw new \w*error|raise \w+(?:error|exception))\s*\(/i
const environment = /^\w[\w.]*\(\s*(?:[^,()]{0,80},\s*)?(?:JSON\.stringify\()?(?:process\.env|os\.environ|ENV)\s*(?:,|\))/
const write = /^writefile(?:sync)?\s*\(\s*([^,]{1,200}),\s*([^,()]{1,80})[,)]/i

export class Practices implements Detector {
  readonly keywords = ['console.', 'logger.', 'logging.', 'log.', 'print', 'throw new', 'raise ', 'writefile', 'run ', 'env ', 'arg ']
  #code = false
  #dockerfile = false

  ways(keyword: string): Way[] {
    if (keyword === 'run ' || keyword === 'env ' || keyword === 'arg ') return [{ from: -keyword.length - 1, steps: [{ set: lineStart, least: 1, most: 1 }] }]
    const blanks = { set: blank, least: 0, most: furthest }
    const name = keyword === 'print' ? { set: flags(/[fln]/i), least: 0, most: 2 } : { set: word, least: 0, most: furthest }
    return [{ from: 0, steps: [{ set: blank, least: 0, most: 1 }, name, blanks, { set: flags(/\(/), least: 1, most: 1 }] }]
  }

  begin(_text: Text, place: Place): void {
    this.#code = syntaxOf(place.path) === 'code'
    this.#dockerfile = /(?:^|[/.])(?:Dockerfile|Containerfile)[^/]*$/i.test(place.path)
  }

  hit(text: Text, start: number, end: number, _place: Place, found: (candidate: Candidate) => void): void {
    const layer = text.bytes[end - 1] === 32 && (text.bytes[start]! | 32) !== 116 && end - start <= 4
    if (layer ? !this.#dockerfile : !this.#code || !mayCall(text.bytes, start, end)) return
    const line = text.bytes.toString('latin1', start, text.lineEnd(start, 400))
    const hit = layer ? readLayer(text, start, line) : readCall(line)
    if (hit === null) return
    const from = start + line.indexOf(hit.expression)
    found({
      rule: hit.rule, secret: hit.expression, start: from, end: from + hit.expression.length,
      matchStart: start, matchEnd: start + line.length, confidence: 'low',
    })
  }
}

const flags = (pattern: RegExp): Uint8Array => Uint8Array.from({ length: 256 }, (_, byte) => (pattern.test(String.fromCharCode(byte)) ? 1 : 0))
const furthest = 1 << 16
const blank = flags(/[^\S\n]/)
const word = flags(/\w/)
/** Also the zeros before the beginning of a text. */
const lineStart = flags(/[\s\0]/)

/** Whether a parenthesis opens behind the word that begins with the keyword; behind `print` only `f` and `ln` may come. */
function mayCall(bytes: Uint8Array, start: number, end: number): boolean {
  let at = end
  if ((bytes[start]! | 32) === 112) at += (bytes[at]! | 32) === 102 ? 1 : (bytes[at]! | 32) === 108 && (bytes[at + 1]! | 32) === 110 ? 2 : 0
  else {
    if (blank[bytes[at]!]) at++
    while (word[bytes[at]!]) at++
  }
  while (blank[bytes[at]!]) at++
  return bytes[at] === 40
}

/** What every exposed name, or the environment, holds. */
const telling = /[pP]ass|PASSWORD|[kK]ey|API_KEY|[sS]ecret|SECRET|[tT]oken|[cC]redentials|process\.env|os\.environ|ENV/

interface Hit {
  rule: Rule
  expression: string
}

function readCall(line: string): Hit | null {
  if (!telling.test(line)) return null
  const written = write.exec(line)
  if (written) {
    const name = exposed.exec(written[2]!)
    return name ? { rule: plainTextSecret, expression: name[1]! } : null
  }
  if (!call.test(line)) return null
  if (environment.test(line)) return { rule: loggedEnvironment, expression: /process\.env|os\.environ|ENV/.exec(line)![0] }
  const name = exposed.exec(withoutText(line))
  return name ? { rule: loggedSecret, expression: name[1]! } : null
}

/** What the call is given, without the words of its literals, whose interpolations stay, and without the calls inside it. */
function withoutText(line: string): string {
  const open = line.indexOf('(')
  const rest = line
    .slice(open + 1)
    .replace(/`((?:\\.|[^`\\])*)`/g, (_, inside: string) => Array.from(inside.matchAll(/\$\{([^{}]*)\}/g), ([, name]) => name).join(', '))
    .replace(/\b[fF](["'])((?:\\.|(?!\1).)*)\1/g, (_, _quote, inside: string) => Array.from(inside.matchAll(/\{([^{}]*)\}/g), ([, name]) => name).join(', '))
    .replace(/"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'/g, "''")
    .replace(/[\w.]+\([^()]*\)/g, 'call')
    .replace(/\/\/.*$/, '')
  const end = rest.indexOf(')')
  return end < 0 ? rest : rest.slice(0, end)
}

/** `RUN export SECRET=…`, `ENV API_KEY=…`, `ARG TOKEN=…` with a value that is written down. */
function readLayer(text: Text, start: number, line: string): Hit | null {
  if (text.bytes.toString('latin1', text.lineStart(start), start).trim() !== '') return null
  for (const [, assigned, spaced, value] of line.matchAll(/(?:\s([A-Za-z_]\w*)=|^env (\w+) +)["']?([^\s"';&|\\]+)/gi)) {
    const kind = kindOf(assigned ?? spaced!)
    if (kind !== null && kind !== 'weak' && !isReference(value!) && !isWrapped(value!)) return { rule: layerSecret, expression: value! }
  }
  return null
}
