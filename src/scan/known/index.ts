// `--known`: finds the secrets of the store in a text, without any rule. The fingerprints come from the store, at the time of the
// scan or as a file that it gave before (`{ kind, version, key_id, secrets }`); the key comes apart from them.
import { readFileSync } from 'node:fs'
import { formsOf, keyIdOf, knownKind, Roll, type Form, type KnownSecret } from '../../crypto/known-forms.ts'
import type { Finding } from '../finding.ts'
import { booleanIn, isTable, numberIn, stringIn, tablesIn, type Table } from '../formats/shape.ts'
import type { Finder } from '../match/finder.ts'
import type { Rule } from '../rule.ts'
import { ScanError } from '../scan-error.ts'
import type { Part } from '../setup.ts'
import { readText } from '../text-file.ts'
import { KnownIndex } from './fingerprints.ts'

const shortestKey = 16
const mostSecrets = 1_000_000

/** Fingerprints as the store gave them, and their key. */
export interface Known {
  text: string
  key: Uint8Array
}

/** The part that the fingerprints which the store gave for this scan play. */
export const fetchedPart = ({ text, key }: Known): Part => partOf(new KnownIndex(key, readKnown(text, key, 'the store')))

/** The part that known secrets play. Throws ScanError where one of the two files is not named or is none. */
export function knownPart(file: string | undefined, keyFile: string | undefined): Part {
  if (file === '') throw new ScanError('--known: the store cannot be asked here: name a file of fingerprints')
  if (!file) throw new ScanError('--known-key: name the file of fingerprints that it belongs to with --known FILE')
  if (!keyFile) throw new ScanError('--known: name the key that these fingerprints were made with, too: --known-key FILE; the store gives it apart from them')
  const key = readKey(keyFile)
  return partOf(new KnownIndex(key, readKnown(readText(file), key, file)))
}

function partOf(index: KnownIndex): Part {
  const rules = new Map<KnownSecret, Rule>()
  const finder: Finder = {
    find(text, _place, found) {
      for (const { secret, form, start, end } of index.find(text.bytes.subarray(0, text.length))) {
        const rule = rules.get(secret) ?? ruleOf(secret)
        rules.set(secret, rule)
        const place = { start, end, matchStart: start, matchEnd: end }
        found({ rule, secret: text.string.slice(start, end), ...place, confidence: 'high', ...(form.name === 'plain' ? {} : { decoded: [form.name] }) })
      }
    },
  }
  return { finders: [finder], finish: (findings) => once(findings).map((finding) => withPlace(finding, index)) }
}

/** What is found in its encoded form is found again once that is undone. */
function once(findings: Finding[]): Finding[] {
  const seen = new Set<string>()
  return findings.filter((finding) => {
    const key = `${finding.file}\0${finding.line}\0${finding.about}`
    return finding.rule !== 'known-secret' || (!seen.has(key) && seen.add(key) !== undefined)
  })
}

const describe = ({ path, version, field, owner, live }: KnownSecret): string => `${path}${field ? ` (${field})` : ''}${version > 0 ? `, version ${version}` : ''}${owner ? `, of ${owner}` : ''}, ${live ? 'live' : 'no longer live'}`

const ruleOf = (secret: KnownSecret): Rule => ({
  id: 'known-secret', about: `A secret of the store: ${describe(secret)}`, source: 'https://www.npmjs.com/package/strongroom',
  keywords: [], pattern: /(?!)/, confidence: 'high', hits: [], misses: [],
})

/** A rule may have found the secret first: the store's word is added to it. */
function withPlace(finding: Finding, index: KnownIndex): Finding {
  for (const { secret } of index.find(Buffer.from(finding.secret))) return { ...finding, facts: { ...finding.facts, store: describe(secret) } }
  return finding
}

function readKey(file: string): Buffer {
  let key
  try {
    key = readFileSync(file)
  } catch (error) {
    throw new ScanError(`${file}: ${(error as NodeJS.ErrnoException).code ?? 'cannot be read'}`)
  }
  // A text, as the store gives it; an editor may have ended its line.
  if (/^[\x21-\x7e]+\r?\n$/.test(key.toString('latin1'))) key = Buffer.from(key.toString('latin1').trimEnd())
  if (key.length < shortestKey) throw new ScanError(`${file}: a key needs ${shortestKey} bytes at least`)
  return key
}

/** Throws ScanError, naming the file, for a text that does not hold fingerprints, or those of another key. */
export function readKnown(text: string, key: Uint8Array, file = 'fingerprints'): KnownSecret[] {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    throw new ScanError(`${file}: no valid JSON`)
  }
  if (!isTable(value) || value.kind !== knownKind) throw new ScanError(`${file}: no fingerprints of known secrets`)
  if (value.key_id !== undefined && value.key_id !== keyIdOf(key)) throw new ScanError(`${file}: made with another key than the one given`)
  try {
    return tablesIn(value, 'secrets', mostSecrets).map(readSecret)
  } catch (error) {
    throw error instanceof ScanError ? new ScanError(`${file}: ${error.message}`) : error
  }
}

const names: readonly string[] = ['plain', 'base64', 'base64url', 'hex', 'percent', 'json']

function readSecret(table: Table): KnownSecret {
  const [field, owner] = [stringIn(table, 'field'), stringIn(table, 'owner')]
  return {
    path: stringIn(table, 'path') ?? '',
    version: numberIn(table, 'version') ?? 0,
    ...(field ? { field } : {}),
    ...(owner ? { owner } : {}),
    live: booleanIn(table, 'live'),
    forms: tablesIn(table, 'forms', 100).map((form) => {
      const { name, length, roll, digest } = form
      const sound = typeof name === 'string' && names.includes(name) && Number.isInteger(length) && (length as number) > 0 && Number.isInteger(roll) && typeof digest === 'string' && /^[\da-f]{64}$/.test(digest)
      if (!sound) throw new ScanError('a form is broken')
      return { name, length, roll, digest } as Form
    }),
  }
}

/** The file of fingerprints for values that are at hand, as the store makes it. */
export function writeKnown(key: Uint8Array, values: Iterable<Omit<KnownSecret, 'forms'> & { value: Uint8Array }>): string {
  const roll = new Roll(key)
  const secrets = [...values].map(({ value, ...rest }) => ({ ...rest, forms: formsOf(key, roll, value) }))
  return JSON.stringify({ kind: knownKind, version: 1, key_id: keyIdOf(key), secrets }) + '\n'
}
