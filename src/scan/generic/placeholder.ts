// Values that stand for a secret without being one: references, masks, examples, code.

/** A value that is fetched, interpolated or pointed at rather than written down. */
const reference = new RegExp(
  [
    String.raw`\$\{[^{}]*\}|\$\([^()]*\)|\{\{[^{}]*\}\}|^(?:\$\{|\$\(|\{\{)|<%|#\{[^{}]*\}|%\(\w|\$\[\[|^\$[A-Za-z_{(]|^%[A-Za-z_]+%$|^@[A-Za-z_.]+@$|^@\w+[./]|^&[a-z]`,
    String.raw`%[sdvq]\b|\\\(|^\{[\w.]*\}$|\{\w*\}|\{\w+\.\w+\}`,
    String.raw`^(?:ENC\[|vault:|op:\/\/|ref\+|ssm:|arn:|secretsmanager:|keyvault:|gcp:|sops:|!vault|secretref|projects\/)`,
    String.raw`process\.env|os\.environ|getenv|secrets\.|\bvars?\.|\bself\.|\bthis\.|\benv\.|settings\.|config\.|options\.|params\.|request\.|\bargs\.`,
  ].join('|'),
  'i',
)
const wrapped = /^(?:<[^<>]*>|\[[^[\]]*\]|\([^()]*\)|__\w+__|--?\w[\w-]*|\*+[^*]*\*+|:[a-z_]+)$/i
const literal = /^(?:null|nil|none|undefined|true|false|yes|no|on|off|n\/?a|empty|string|str|int|bool|boolean|object|number|bytes|text|void|any|required|optional|disabled|enabled|utf-?(?:8|16)(?:[bl]e)?|ascii|latin-?1|iso-8859-\d+|base64(?:url)?|hex|sha-?[1235]\d*|md5|[hrep]s(?:256|384|512)|aes-?(?:128|192|256)(?:-[a-z]{3})?)$/i
/** Words of an example; a long random value may hold one by chance, so that the judge asks for them only below a bound. */
const exampleWord = new RegExp(
  [
    'example|sample|placeholder|change_?-?me|replace|your|insert|dummy|fake|todo|tbd|fixme|redact|removed|hidden|masked|secret_?-?here|key_?-?here|goes_?here',
    'x{4,}|foo_?bar|\\bfoo|bar\\b|lorem|ipsum|qwerty|asdf|some[-_]|my[-_]?(?:secret|token|key|pass|api)|test(?:ing)?[-_ ]?(?:secret|token|key|pass|api|user)|abc(?:def|123)|123abc|deadbeef|cafebabe|correct.?horse',
  ].join('|'),
  'i',
)
const path = /^(?:\.{0,2}\/|~\/|[A-Za-z]:\\|\\\\)|^[a-z][a-z\d+.-]{1,20}:\/\/|\.(?:pem|key|crt|cer|json|ya?ml|txt|env|ini|conf|cfg|xml|html?|js|ts|py|go|rb|java|php|sh|md|png|jpe?g|svg|jks|p12|pfx|properties|local|com|org|net|io)$/i
const publicMaterial = /^(?:ssh-(?:rsa|dss|ed25519)|ecdsa-sha2|AAAA[BC]3Nza|sha(?:1|256|384|512)[-:]|md5[-:]|MII[A-Z][A-Za-z\d+/]{3}ANBgkq)/
const uuid = /^[\da-f]{8}-[\da-f]{4}-[\da-f]{4}-[\da-f]{4}-[\da-f]{12}$/i

/** Code, a regular expression or a dotted name rather than a value. */
const codeLike = /\(\?[:=!<]|\\[dwsbDWS]|\[\^?[\w\\]-[\w\\]|\{[^{}]*\}|\([^()]*\)|^[A-Za-z_]\w*(?:\.[A-Za-z_]\w*){2,}$|::|=>|->|&&|\|\|/

export const isCodeLike = (value: string): boolean => codeLike.test(value)
export const isReference = (value: string): boolean => reference.test(value)
export const isWrapped = (value: string): boolean => wrapped.test(value) || literal.test(value)
export const holdsExampleWord = (value: string): boolean => exampleWord.test(value)
export const isPath = (value: string): boolean => path.test(value)
export const isPublicMaterial = (value: string): boolean => publicMaterial.test(value)
export const isUuid = (value: string): boolean => uuid.test(value)

const counts = new Uint16Array(128)

/** Whether one or two characters make up most of the value: `********`, `xxxx-xxxx`, `0000`. */
export function isMask(value: string): boolean {
  counts.fill(0)
  let kinds = 0
  let total = 0
  let most = 0
  let before = 0
  let row = 1
  for (let at = 0; at < value.length; at++) {
    let code = value.charCodeAt(at)
    row = code === before ? row + 1 : 1
    before = code
    if (row === 3 && (code === 46 || code === 42)) return true
    if (code === 45 || code === 95 || code === 32 || code === 46) continue
    if (code >= 65 && code <= 90) code += 32
    const count = ++counts[code & 127]!
    if (count === 1) kinds++
    if (count > most) most = count
    total++
  }
  return kinds <= 2 || (total >= 8 && most / total > 0.6)
}
