// The whole history of a repository: every blob once, at the commit where it first appears.
// `git log --raw` names the blobs that each commit brings, oldest first; `git cat-file --batch` hands over their bytes.
// Of a blob that replaces an earlier one at the same path only the part that differs is scanned.
import type { Finding } from '../finding.ts'
import type { Scanner } from '../match/scanner.ts'
import { Text } from '../match/text.ts'
import { hasBinaryName, isBinary } from './binary.ts'
import { fromUtf16 } from './chunks.ts'
import { describeCommits } from './commits.ts'
import type { Warn } from './directory.ts'
import { failureOf, startGit } from './git.ts'
import { readObjects } from './objects.ts'
import { Versions } from './versions.ts'
import { viewOf } from './view.ts'

export interface HistoryOptions {
  repository: string
  /** Revisions or ranges as `git log` takes them; default: every reference. */
  revisions?: string[]
  /** A date as `git log --since` takes it. */
  since?: string
  /** Ids of blobs that need no scan. */
  known?: ReadonlySet<string>
  /** Told of each blob that has been scanned, and how many findings it has; of none whose findings are not handed over. */
  scanned?(blob: string, findings: number): void
  warn: Warn
  progress?(blobs: number, bytes: number): void
}

/** A blob that a commit brings to a path. */
export interface Brought {
  blob: string
  path: string
  /** Empty for a blob that stood there before the range: what it holds is not reported. */
  commit: string
}

/** Findings of the history, each secret once per path, in order of their first appearance. */
export async function scanHistory(scanner: Scanner, options: HistoryOptions): Promise<Finding[]> {
  const first = new Map<string, Finding & { at: string }>()
  const versions = new Versions()
  let blobs = 0
  let bytes = 0
  for await (const { brought, content, whole, baseLine } of readObjects(options.repository, listBlobs(options), options.warn)) {
    blobs++
    bytes += content.length
    const found = whole ? scanVersion(scanner, versions, brought.path, content) : scanner.scan(new Text(content), { path: brought.path }, baseLine)
    for (const finding of found) {
      const key = `${finding.fingerprint} ${finding.file}`
      if (!first.has(key)) first.set(key, { ...finding, at: brought.commit })
    }
    if (found.length === 0 || brought.commit !== '') options.scanned?.(brought.blob, found.length)
    options.progress?.(blobs, bytes)
  }
  const reported = [...first.values()].filter((finding) => finding.at !== '')
  const commits = await describeCommits(options.repository, new Set(reported.map((finding) => finding.at)))
  return reported.map(({ at, ...finding }) => ({ ...finding, commit: commits.get(at)! }))
}

function scanVersion(scanner: Scanner, versions: Versions, path: string, content: Buffer): Finding[] {
  if (content.length >= 2 && content[0]! + content[1]! === 0x1fd && content[0]! >= 0xfe) return scanner.scan(new Text(fromUtf16(content)), { path })
  if (isBinary(content)) return []
  const { from, to } = versions.change(path, content)
  if (from >= to) return []
  let baseLine = 0
  const findings = scanner.scan(new Text(viewOf(path, content.subarray(from, to))), { path })
  if (findings.length === 0) return findings
  for (let at = content.indexOf(10); at !== -1 && at < from; at = content.indexOf(10, at + 1)) baseLine++
  return findings.map((finding) => ({ ...finding, line: finding.line + baseLine, endLine: finding.endLine + baseLine }))
}

/** Blobs in the order of the commits that first bring them to the history. */
async function* listBlobs(options: HistoryOptions): AsyncGenerator<Brought> {
  const range = options.revisions?.length ? options.revisions : ['--all', 'HEAD']
  const git = startGit(options.repository, [
    'log', '--reverse', '--topo-order', '--raw', '-c', '--root', '--no-renames', '--no-abbrev', '-z', '--format=%x01%H', '--diff-filter=ACMT',
    ...(options.since ? [`--since=${options.since}`] : []), '--ignore-missing', ...range, '--',
  ])
  const failure = failureOf(git)
  git.stdin.end()
  const known = new Set(options.known)
  const limited = options.revisions !== undefined || options.since !== undefined
  let commit = ''
  let change: Change | null = null
  for await (const field of fieldsOf(git.stdout)) {
    const mark = field.indexOf('\x01')
    if (mark !== -1) {
      commit = field.slice(mark + 1, mark + 41)
      const rest = field.indexOf(':', mark)
      change = rest === -1 ? null : readChange(field.slice(rest))
    } else if (change !== null) {
      const blobs = limited ? [...change.before, change.blob] : [change.blob]
      for (const blob of hasBinaryName(field) ? [] : blobs) {
        if (blob === '' || known.has(blob)) continue
        known.add(blob)
        yield { blob, path: field, commit: blob === change.blob ? commit : '' }
      }
      change = null
    } else if (field.includes(':')) change = readChange(field.slice(field.indexOf(':')))
  }
  const said = await failure
  if (said !== null) throw new Error(said)
}

const regularMode = /^100(?:644|755|664)$/

/** The blob that a change leaves at a path and those before it; empty for none, and for links and submodules. */
interface Change {
  blob: string
  before: string[]
}

/** One raw line: modes, then ids, of each parent (as many as colons) and of the result. */
function readChange(raw: string): Change {
  const parents = raw.search(/[^:]/)
  const parts = raw.slice(parents).split(' ')
  const idOf = (which: number): string => (regularMode.test(parts[which]!) ? (parts[parents + 1 + which] ?? '') : '')
  return { blob: idOf(parents), before: Array.from({ length: parents }, (_, which) => idOf(which)) }
}

async function* fieldsOf(stream: AsyncIterable<Buffer>): AsyncGenerator<string> {
  let rest: Buffer = Buffer.alloc(0)
  for await (const chunk of stream) {
    const bytes = rest.length > 0 ? Buffer.concat([rest, chunk]) : chunk
    let from = 0
    for (let at = bytes.indexOf(0); at !== -1; at = bytes.indexOf(0, from)) {
      if (at > from) yield bytes.toString('utf8', from, at)
      from = at + 1
    }
    rest = bytes.subarray(from)
  }
  if (rest.length > 0) yield rest.toString('utf8')
}
