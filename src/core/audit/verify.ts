// Verification of audit chains: pure, over lines from anywhere (one file, rotated files in order, several writers
// in one file). Finds lines that were altered, dropped, reordered, repeated, cut or written by a stranger.
import { createHash, createPublicKey, verify, type Hash, type KeyObject } from 'node:crypto'
import { linkPattern, noPrevious, publicKeyId, signedEvery, signedPart, type ChainEvent } from './chain.ts'

export type ProblemKind = 'unreadable' | 'unchained' | 'altered' | 'dropped' | 'reordered' | 'repeated' | 'forged' | 'unsigned' | 'beginning-missing' | 'unknown-key'

export interface Problem {
  /** Counted from 1 over all the lines that were given. */
  line: number
  /** The last line of the range where it lies, if that is not `line`. */
  through?: number
  kind: ProblemKind
  message: string
  writer?: string
}

export interface WriterReport {
  writer: string
  /** Numbers of the first and last line seen. */
  first: number
  last: number
  lines: number
  /** Whether its closing marker was seen: without it the process was killed, still runs, or the end was cut off. */
  closed: boolean
  /** Number of the last line that a valid signature covers; -1 when there is none. */
  signedThrough: number
}

export interface Report {
  /** No problem was found. */
  ok: boolean
  lines: number
  entries: number
  writers: WriterReport[]
  problems: Problem[]
  /** What is no fault and still limits what the result proves. */
  notes: string[]
  /** Whether signatures were checked with a key that the caller trusts. */
  authenticated: boolean
}

const mostProblems = 1000
const mostGaps = 1000

interface State {
  first: number
  next: number
  /** Where its last line stands. */
  line: number
  group: Group
  lines: number
  closed: boolean
  signedThrough: number
  /** A signed marker said that a new file begins with this number. */
  since: number | null
  gaps: { from: number; to: number; line: number }[]
  /** Where its first line stands, if that is none that begins a group: what follows up to the next group is proven by nothing. */
  within: number | null
}

/** The running group of a writer. */
interface Group {
  /** Of its lines so far; null where not all of them were seen. */
  digest: Hash | null
  /** Where its first line stands. */
  line: number
}

interface Marker {
  event?: ChainEvent
  key?: string
  since?: number
  continues?: { writer: string; seq: number }
}

class Verification {
  readonly #key: KeyObject | null
  readonly #keyId: string | null
  readonly #writers = new Map<string, State>()
  readonly #continued: { writer: string; seq: number; line: number }[] = []
  readonly problems: Problem[] = []
  readonly #notes: string[] = []
  #line = 0
  #entries = 0

  constructor(publicKey: string | undefined) {
    this.#key = publicKey === undefined ? null : createPublicKey(publicKey)
    this.#keyId = this.#key === null ? null : publicKeyId(this.#key)
  }

  take(raw: string): void {
    this.#line++
    if (raw.trim() === '') return
    const start = raw.indexOf('{')
    const text = start < 0 ? '' : raw.slice(start).trimEnd()
    const entry = parse(text)
    if (entry === null) return this.#report('unreadable', 'not an audit entry; it may have been cut')
    const link = linkPattern.exec(text)
    if (link === null) return this.#report('unchained', 'the entry has no link of a chain')
    if (entry['type'] !== 'chain') this.#entries++
    const writer = link[1]!
    const seq = Number(link[2])
    const state = this.#writers.get(writer) ?? this.#meet(writer, seq)
    if (seq < state.next) return this.#earlier(state, writer, seq)
    this.#compare(state, writer, seq, link[3])
    this.#gather(state.group, text, link[3])
    state.next = seq + 1
    state.line = this.#line
    state.lines++
    const marker = entry['type'] === 'chain'
    this.#checkSignature(state, writer, seq, text, link[4], marker)
    if (marker) this.#mark(state, writer, entry as Marker)
  }

  #meet(writer: string, seq: number): State {
    const state: State = { first: seq, next: seq, line: this.#line, group: { digest: null, line: this.#line }, lines: 0, closed: false, signedThrough: -1, since: null, gaps: [], within: null }
    this.#writers.set(writer, state)
    return state
  }

  #earlier(state: State, writer: string, seq: number): void {
    const at = state.gaps.findIndex((gap) => seq >= gap.from && seq <= gap.to)
    const gap = state.gaps[at]
    if (gap === undefined) {
      return this.#report(seq < state.first ? 'reordered' : 'repeated', seq < state.first ? 'it stands behind lines that follow it' : 'its number was there before', writer)
    }
    const rest = [{ ...gap, to: seq - 1 }, { ...gap, from: seq + 1 }].filter((part) => part.from <= part.to)
    state.gaps.splice(at, 1, ...rest)
    this.#report('reordered', `number ${seq} stands behind lines that follow it`, writer)
  }

  #compare(state: State, writer: string, seq: number, previous: string | undefined): void {
    const { group } = state
    if (state.closed) this.#report('forged', 'it follows the closing marker of its writer', writer)
    if (seq > state.next) {
      if (state.gaps.length < mostGaps) state.gaps.push({ from: state.next, to: seq - 1, line: this.#line })
      group.digest = null
    } else if (state.lines === 0) {
      if (previous === undefined) state.within = this.#line
      if (seq === 0 && previous !== noPrevious) this.#report('altered', 'the first line of a chain has no previous one', writer)
    } else if (previous !== undefined && group.digest !== null && previous !== group.digest.digest('hex')) {
      if (group.line === state.line) this.#report('altered', 'it is not the line that its successor followed', writer, state.line)
      else this.#report('altered', 'one of these lines of the writer is not what its successor followed', writer, group.line, state.line)
    }
  }

  #gather(group: Group, text: string, previous: string | undefined): void {
    if (previous !== undefined) {
      group.digest = createHash('sha256').update(text)
      group.line = this.#line
    } else group.digest?.update('\n').update(text)
  }

  #checkSignature(state: State, writer: string, seq: number, text: string, signature: string | undefined, marker: boolean): void {
    if (signature === undefined) {
      if (marker || seq % signedEvery === 0) this.#report('unsigned', `number ${seq} must carry a signature`, writer)
      return
    }
    const bytes = Buffer.from(signature, 'base64')
    const valid = this.#key === null || verify(null, Buffer.from(signedPart(text, signature)), this.#key, bytes)
    if (valid && bytes.toString('base64') === signature) state.signedThrough = seq
    else this.#report('forged', 'its signature is not the one of the key given', writer)
  }

  #mark(state: State, writer: string, marker: Marker): void {
    if (state.signedThrough !== state.next - 1) return
    if (this.#keyId !== null && marker.key !== this.#keyId) this.#report('unknown-key', 'the chain names another key', writer)
    if (marker.event === 'close') state.closed = true
    if (marker.event === 'moved' && typeof marker.since === 'number') state.since ??= marker.since
    if (marker.event === 'open') this.#excuse()
    if (marker.event === 'open' && marker.continues !== undefined) this.#continued.push({ ...marker.continues, line: this.#line })
  }

  // A process that was killed, or a disk that was full, leaves a cut line before the next chain begins. What was
  // taken before is proven by numbers alone: excusing the rest of a line hides nothing.
  #excuse(): void {
    const last = this.problems.at(-1)
    if (last?.kind !== 'unreadable' || last.line !== this.#line - 1) return
    this.problems.pop()
    this.#notes.push(`line ${last.line} was cut off by a failure; a new chain begins after it`)
  }

  #report(kind: ProblemKind, message: string, writer?: string, line = this.#line, through = line): void {
    if (this.problems.length < mostProblems) this.problems.push({ line, ...(through > line && { through }), kind, message, ...(writer !== undefined && { writer }) })
  }

  #settle(writer: string, state: State): void {
    for (const gap of state.gaps) {
      const count = gap.to - gap.from + 1
      this.#report('dropped', `${count} ${count === 1 ? 'line is' : 'lines are'} missing before it (numbers ${gap.from} to ${gap.to})`, writer, gap.line)
    }
    if (state.first > 0) {
      if (state.since === state.first && state.within !== null) this.#report('altered', 'the first line of a file begins a group', writer, state.within)
      if (state.since === state.first) this.#notes.push(`writer ${writer} began in a file that was not given; it follows number ${state.first - 1}`)
      else this.#report('beginning-missing', `the chain begins with number ${state.first}`, writer, 1)
    }
    if (this.#key !== null && state.signedThrough < 0) this.#report('unsigned', 'no line of the writer is signed by the key given', writer, state.line)
    const open = state.next - 1 - state.signedThrough
    if (!state.closed) {
      this.#notes.push(`writer ${writer} has no closing marker after number ${state.next - 1}: it runs still, was killed, or its end was cut off`)
      if (open > 0) this.#notes.push(`the last ${open} lines of writer ${writer} are not covered by a signature`)
    }
  }

  finish(): Report {
    for (const [writer, state] of this.#writers) this.#settle(writer, state)
    for (const { writer, seq, line } of this.#continued) {
      const state = this.#writers.get(writer)
      const seen = state === undefined ? -1 : state.next - 1
      if (seen < seq) this.#report('dropped', `writer ${writer} got as far as number ${seq}, and ends here with ${seen}`, writer, line)
    }
    if (this.#line === 0) this.#notes.push('there were no lines')
    if (this.#key === null) this.#notes.push('no public key was given: signatures were not checked')
    this.problems.sort((a, b) => a.line - b.line)
    return {
      ok: this.problems.length === 0,
      lines: this.#line,
      entries: this.#entries,
      writers: [...this.#writers].map(([writer, { first, next, lines, closed, signedThrough }]) => ({ writer, first, last: next - 1, lines, closed, signedThrough })),
      problems: this.problems,
      notes: this.#notes,
      authenticated: this.#key !== null,
    }
  }
}

/**
 * Checks audit lines in the order in which they were written, rotated files oldest first. `publicKey`: the server's
 * key in PEM; without it only the chain is checked, which somebody who rewrites whole files can forge.
 */
export async function verifyAudit(lines: AsyncIterable<string> | Iterable<string>, options: { publicKey?: string } = {}): Promise<Report> {
  const verification = new Verification(options.publicKey)
  for await (const line of lines) verification.take(line)
  return verification.finish()
}

function parse(text: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : null
  } catch {
    return null
  }
}
