// What a name says about the value beside it: `dbPassword`, `X-Api-Key`, `client_secret`, and what only looks alike.

/** How sure the name alone makes us; `weak` names are believed only beside a value that cannot be anything else. */
export type Kind = 'password' | 'secret' | 'weak'

const set = (words: string): Set<string> => new Set(words.trim().split(/\s+/))

const passwordWord = /^(?:pass|pw|pwd|psw|psswd|passcode|passkey|userpass|dbpass|passwordz?|senha|contrasena|kennwort|mdp|motdepasse)$|(?:password|passwort|passwd|passphrase|pwd)s?$|(?:db|user|my|root|admin|sql|smtp|ssh|login)pass$/
const qualifiers = set(`
  api access secret private priv encryption encrypt encryptions encrypted crypto cipher signing sign signature auth oauth account master app
  application client consumer customer service svc server license licence ssh rsa hmac aes shared storage session cookie deploy subscription
  subscriber webhook admin root user integration project workspace org organization team partner developer dev rest bot bearer jwt verification
  data write read rw provisioning activation recovery unseal wallet primary secondary instrumentation ingestion ingest security publishable
  registration channel stream feed sdk tracking product device merchant test live prod production staging sandbox personal refresh id
  aws azure gcp google github gitlab stripe slack twilio sendgrid mailgun openai anthropic firebase heroku algolia datadog
`)
/** Names that say that the value is open, or no value but something about one. */
const openKeys = set('public pub foreign partition sort cache dict object map row column hot shortcut i18n translation locale lookup index hash group routing primary-key')
const tails = set(`
  file files path paths dir directory folder name names url urls uri uris endpoint host hostname port type types label labels title field fields
  length len size count min max limit ttl expires expiry expiration expire expired expirations expiresin timeout lifetime age policy pattern regex regexp
  format prefix suffix provider method methods mode algorithm alg scheme usage manager class version index idx num number list enabled enable disabled
  required require hint help text message msg subject placeholder reset input error errors err ref reference selector column table attr attribute
  attributes prompt strength rule rules validator validation description desc info status state date time at arn kind scope scopes
  event events handler callback fn func function factory builder generator parser reader writer bucket namespace identifier id ids location source store
  exists valid invalid changed visible hidden toggle icon button form page view link template mapping encoding header headers param params parameter
  parameters issuer audience username user email ext extension algo rotation grace interval hashers hasher validators struct display comment comments note notes example pos position start
  end offset line bytes bits codes press pressed down up code event
`)
const strongTails = set('value val default plain plaintext text string str b64 base64 hex raw data env prod production dev test live staging new old current previous backup')

/** The words of a name, lower case: split at separators, digits and changes of case. */
export function wordsOf(name: string): string[] {
  return Array.from(name.matchAll(/[A-Z]+(?![a-z])|[A-Z]?[a-z]+/g), ([word]) => word.toLowerCase())
}

const known = new Map<string, Kind | null>()

/** What kind of secret the name announces; null where it announces none. Names repeat, so that the last few thousand are remembered. */
export function kindOf(name: string): Kind | null {
  let kind = known.get(name)
  if (kind !== undefined) return kind
  if (known.size >= 8192) known.clear()
  kind = read(name)
  known.set(name, kind)
  return kind
}

const slots = 8192
const names: string[] = Array.from({ length: slots }, () => '')
const kinds: (Kind | null)[] = Array.from({ length: slots }, () => null)

/** The same for a name that stands between the offsets; one that came before is not even made a string. */
export function kindAt(bytes: Buffer, from: number, to: number): Kind | null {
  let hash = 0
  for (let at = from; at < to; at++) hash = (Math.imul(hash, 31) + bytes[at]!) | 0
  const slot = (hash ^ (hash >>> 13)) & (slots - 1)
  if (!isAt(names[slot]!, bytes, from, to)) {
    names[slot] = bytes.toString('latin1', from, to)
    kinds[slot] = read(names[slot])
  }
  return kinds[slot]!
}

function isAt(name: string, bytes: Uint8Array, from: number, to: number): boolean {
  if (name.length !== to - from) return false
  for (let at = from; at < to; at++) if (name.charCodeAt(at - from) !== bytes[at]) return false
  return true
}

function read(name: string): Kind | null {
  const words = wordsOf(name)
  // Of XML signatures: anybody may see them.
  if (words.at(-1) === 'value' && words.at(-2) === 'signature') return null
  while (words.length > 1 && strongTails.has(words.at(-1)!)) words.pop()
  const last = words.at(-1)
  if (last === undefined) return null
  if (tails.has(last) && words.length > 1) return null
  if (words.some((word) => passwordWord.test(word))) return 'password'
  const joined = words.join('')
  if (/(?:secret|token)s?$/.test(last) || /(?:secret|token)s?$/.test(words.at(-2) ?? '')) {
    return /^(?:csrf|xsrf|authenticity|public|next|page|sync|continuation|resume|cursor|delimiter|bos|eos|pad)/.test(words.at(-2) ?? '') ? null : 'secret'
  }
  if (/(?:api|access|secret|private|encryption|auth|account|master|signing|license|consumer|client|app)keys?$/.test(joined)) return 'secret'
  if (last === 'key' || last === 'keys') {
    const before = words.at(-2)
    if (before === undefined) return 'weak'
    if (openKeys.has(before) || /(?:local|session)storagekeys?$/.test(joined)) return null
    return qualifiers.has(before) || words.some((word) => word === 'api' || word === 'secret' || word === 'oauth') ? 'secret' : 'weak'
  }
  if (/^cred(?:s|entials?)?$/.test(last) || words.some((word) => /^credentials?$/.test(word))) return 'secret'
  if (/^(?:auth|oauth|authorization|authorisation|signature|sig|cookie|session|sid|sessid|sessionid|jwt|bearer|pat|verifier|hmac|otp|seed)$/.test(last)) return 'weak'
  if (words.includes('secret') || words.includes('token')) return 'weak'
  return null
}
