// Secrets in Kubernetes manifests (https://kubernetes.io/docs/concepts/configuration/secret/): whatever `data` holds is undone
// from Base64, however short, and `stringData` taken as it stands. A value that is public by its name is left alone.
import { judge } from '../../generic/judge.ts'
import { isReference } from '../../generic/placeholder.ts'
import type { Finder } from '../../match/finder.ts'
import type { Candidate } from '../../match/candidate.ts'
import type { Rule } from '../../rule.ts'
import type { Part } from '../../setup.ts'

const rule: Rule = {
  id: 'kubernetes-secret', about: 'A value in the manifest of a Kubernetes Secret', source: 'https://kubernetes.io/docs/concepts/configuration/secret/',
  keywords: [], pattern: /(?!)/, confidence: 'medium', hits: [], misses: [],
}

const isManifest = (path: string): boolean => /\.(?:ya?ml|json)$/i.test(path) || path === '' || path === '(stdin)'
const declares = Buffer.from('Secret')
const newline = 10
const kind = /^[ \t]*["']?kind["']?:[ \t]*["']?Secret["']?[ \t]*,?[ \t]*\r?$/m
const publicName = /(?:^|[-_.])(?:user(?:name)?|host(?:name)?|port|url|uri|endpoint|region|name|email|database|db|namespace|ca\.crt|tls\.crt|cert|crt|pub|public|version|enabled|type)$/i
const longest = 1 << 20

export const kubernetesFinder: Finder = {
  find(text, place, found) {
    if (text.length > longest || !isManifest(place.path) || !declaresSecret(text.bytes)) return
    for (const document of documentsOf(text.string)) if (kind.test(document.text)) readDocument(document, found)
  },
}

export const kubernetesPart: Part = { finders: [kubernetesFinder] }

/** Whether a line says that it is a Secret; looks at the places of the word alone, for manifests are long. */
function declaresSecret(bytes: Buffer): boolean {
  for (let at = bytes.indexOf(declares); at !== -1; at = bytes.indexOf(declares, at + declares.length)) {
    const from = bytes.lastIndexOf(newline, at) + 1
    if (at - from < 64 && kind.test(bytes.toString('latin1', from, Math.min(bytes.length, at + 32)).split('\n')[0]!)) return true
  }
  return false
}

interface Document {
  text: string
  start: number
}

function* documentsOf(string: string): Generator<Document> {
  let start = 0
  for (const mark of string.matchAll(/^---[^\n]*\n/gm)) {
    yield { text: string.slice(start, mark.index), start }
    start = mark.index + mark[0].length
  }
  yield { text: string.slice(start), start }
}

/** Lines below `data:` or `stringData:` that are indented further. */
function readDocument(document: Document, found: (candidate: Candidate) => void): void {
  let block: { indent: number; encoded: boolean } | null = null
  let at = document.start
  for (const line of document.text.split('\n')) {
    const start = at
    at += line.length + 1
    const shape = /^([ \t]*)["']?([\w.-]{1,253})["']?:(.*)$/.exec(line)
    if (!shape) continue
    const [, space = '', name = '', rest = ''] = shape
    const raw = withoutEnd(rest)
    if (block && space.length <= block.indent) block = null
    if ((name === 'data' || name === 'stringData') && /^\{?$/.test(raw)) block = { indent: space.length, encoded: name === 'data' }
    else if (block && raw !== '') readValue({ start, line, name, raw, encoded: block.encoded }, found)
  }
}

/** The text without white space round it and commas behind it. */
function withoutEnd(text: string): string {
  let end = text.length
  while (end > 0 && ' \t,\r'.includes(text[end - 1]!)) end--
  return text.slice(0, end).trimStart()
}

function readValue({ start, line, name, raw, encoded }: { start: number; line: string; name: string; raw: string; encoded: boolean }, found: (candidate: Candidate) => void): void {
  const written = /^(["']?)(.*)\1$/.exec(raw)![2]!
  const value = encoded ? undone(written) : written
  if (value === null || publicName.test(name) || isReference(value) || judge(value, 'password', name, false) === null) return
  const from = start + line.lastIndexOf(raw) + (raw.length - written.length) / 2
  found({ rule, secret: value, start: from, end: from + written.length, matchStart: start, matchEnd: start + line.length, confidence: 'medium', ...(encoded ? { decoded: ['base64'] } : {}) })
}

/** What Base64 says, where it is readable text. */
function undone(written: string): string | null {
  if (written.length < 8 || written.length % 4 !== 0 || !/^[A-Za-z0-9+/]+={0,2}$/.test(written)) return null
  const value = Buffer.from(written, 'base64').toString('latin1').replace(/\n$/, '')
  return /^[\x20-\x7e]+$/.test(value) ? value : null
}
