// Lines that give a secret away without holding one: a secret that is logged, thrown, written to a plain file, or set in a
// layer of an image.
import type { Candidate } from '../match/candidate.ts'
import type { Detector, Place } from '../match/matcher.ts'
import type { Text } from '../match/text.ts'
import type { Rule } from '../rule.ts'
import { kindOf } from './name.ts'
import { isReference, isWrapped } from './placeholder.ts'
import { loggedEnvironment, loggedSecret, plainTextSecret, layerSecret } from './rules.ts'
import { syntaxOf } from './syntax.ts'

const secretName = String.raw`(?:[A-Za-z_$][\w$]*\.)*[A-Za-z_$]*?(?:[pP]ass(?:word|wd|phrase)|PASSWORD|[aA]pi_?[kK]ey|API_KEY|[sS]ecret(?:_?[kK]ey)?|SECRET(?:_KEY)?|[aA]ccess_?[tT]oken|[aA]uth_?[tT]oken|[pP]rivate_?[kK]ey|[cC]redentials)`
/** Bare use of such a name: not asked about, not passed to a function, not a key with another value. */
const exposed = new RegExp(String.raw`(?<![\w.$!?]|typeof )(${secretName})(?!\s*(?:[\w.$:(?]|[=!]==?|&&))`)
const call = /^(?:console\.(?:log|info|warn|error|debug|trace)|log(?:ger|ging)?\.(?:log|info|warn(?:ing)?|error|debug|trace|fatal|print(?:f|ln)?)|print(?:f|ln)?|throw new \w*error|raise \w+(?:error|exception))\s*\(/i
const environment = /^\w[\w.]*\(\s*(?:[^,()]{0,80},\s*)?(?:JSON\.stringify\()?(?:process\.env|os\.environ|ENV)\s*(?:,|\))/
const write = /^writefile(?:sync)?\s*\(\s*([^,]{1,200}),\s*([^,()]{1,80})[,)]/i

export class Practices implements Detector {
  readonly keywords = ['console.', 'logger.', 'logging.', 'log.', 'print', 'throw new', 'raise ', 'writefile', 'run ', 'env ', 'arg ']
  #code = false
  #dockerfile = false

  begin(_text: Text, place: Place): void {
    this.#code = syntaxOf(place.path) === 'code'
    this.#dockerfile = /(?:^|[/.])(?:Dockerfile|Containerfile)[^/]*$/i.test(place.path)
  }

  hit(text: Text, start: number, end: number, _place: Place, found: (candidate: Candidate) => void): void {
    const layer = text.bytes[end - 1] === 32 && (text.bytes[start]! | 32) !== 116 && end - start <= 4
    if (layer ? !this.#dockerfile : !this.#code) return
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

interface Hit {
  rule: Rule
  expression: string
}

function readCall(line: string): Hit | null {
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

/** The call without the words of its literals, whose interpolations stay, and without the calls inside it. */
function withoutText(line: string): string {
  const open = line.indexOf('(')
  return line
    .slice(open + 1)
    .replace(/`((?:\\.|[^`\\])*)`/g, (_, inside: string) => Array.from(inside.matchAll(/\$\{([^{}]*)\}/g), ([, name]) => name).join(', '))
    .replace(/\b[fF](["'])((?:\\.|(?!\1).)*)\1/g, (_, _quote, inside: string) => Array.from(inside.matchAll(/\{([^{}]*)\}/g), ([, name]) => name).join(', '))
    .replace(/"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'/g, "''")
    .replace(/[\w.]+\([^()]*\)/g, 'call')
    .replace(/\/\/.*$/, '')
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
