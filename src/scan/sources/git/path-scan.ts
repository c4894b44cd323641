// Scans the versions of one path, oldest first: the first as a whole, of each later one what is new in it. Many small parts are
// looked at together, and one by one only where something is found.
import type { Finding } from '../../finding.ts'
import type { Scanner } from '../../match/scanner.ts'
import { Text } from '../../match/text.ts'
import { isBinary } from '../binary.ts'
import { fromUtf16 } from '../chunks.ts'
import { viewOf } from '../view.ts'
import { changedParts, type Range } from './changes.ts'
import { windowsRound } from './windows.ts'

const togetherSize = 1 << 16
/** Keeps parts that are looked at together further apart than any rule reaches over lines. */
const between = Buffer.alloc(24, '\n')

/** Part of a version that waits to be looked at. */
interface Waiting {
  version: number
  /** Where it stands in the version, and where among all that wait. */
  from: number
  at: number
  size: number
}

export interface Versions {
  path: string
  /** The bytes of a version again, which were there before. */
  read(version: number): Buffer
  /** Whether an earlier version had the same finding. */
  isKnown(finding: Finding): boolean
  /** Told of each version once it has been scanned, and what it has that is not known. */
  scanned(version: number, findings: Finding[]): void
}

export class PathScanner {
  readonly #scanner: Scanner
  readonly #together = Buffer.allocUnsafeSlow(togetherSize)
  #used = 0
  #waiting: Waiting[] = []
  #clean: number[] = []
  #versions: Versions = { path: '', read: () => this.#together, isKnown: () => false, scanned: () => {} }
  /** Room for a version and the one before, in turn. */
  #rooms: [Buffer, Buffer] = [Buffer.allocUnsafeSlow(1 << 16), Buffer.allocUnsafeSlow(1 << 16)]
  #before: Buffer | null = null

  constructor(scanner: Scanner) {
    this.#scanner = scanner
  }

  /** Ends with the path before and begins with another. */
  open(versions: Versions): void {
    this.close()
    this.#versions = versions
    this.#before = null
  }

  /** The next version; its bytes are not needed any longer once this returns. */
  take(version: number, bytes: Buffer): void {
    if (bytes.length >= 2 && bytes[0]! + bytes[1]! === 0x1fd && bytes[0]! >= 0xfe) return this.#all(version, fromUtf16(bytes))
    if (isBinary(bytes)) return this.#versions.scanned(version, [])
    const content = this.#keep(bytes)
    if (this.#before === null || isManifest(this.#versions.path, content)) this.#all(version, content)
    else this.#new(version, content, this.#before)
    this.#before = content
  }

  /** Ends with the path. */
  close(): void {
    this.#look()
  }

  #all(version: number, content: Buffer): void {
    this.#look()
    this.#versions.scanned(version, this.#scan(content))
  }

  /** Looks at each window of a version where they are too much to be put together. */
  #each(version: number, content: Buffer, windows: Range[]): void {
    this.#look()
    this.#versions.scanned(version, windows.flatMap(({ from, to }) => placed(this.#scan(content.subarray(from, to)), content, from)))
  }

  #new(version: number, content: Buffer, before: Buffer): void {
    const windows = windowsRound(content, changedParts(before, content))
    const size = windows.reduce((sum, { from, to }) => sum + to - from + between.length, 0)
    if (size > togetherSize) return this.#each(version, content, windows)
    if (this.#used + size > togetherSize) this.#look()
    this.#clean.push(version)
    for (const { from, to } of windows) {
      this.#waiting.push({ version, from, at: this.#used, size: to - from })
      this.#used += content.copy(this.#together, this.#used, from, to)
      this.#used += between.copy(this.#together, this.#used)
    }
  }

  /** Looks at all that waits, and again at each part where something new is found, by itself. */
  #look(): void {
    const all = this.#used > 0 ? this.#scan(this.#together.subarray(0, this.#used)).filter((finding) => !this.#versions.isKnown(finding)) : []
    const found = new Map<number, Finding[]>()
    let line = 1
    for (const waiting of all.length > 0 ? this.#waiting : []) {
      const part = this.#together.subarray(waiting.at, waiting.at + waiting.size)
      const next = line + linesIn(part, part.length) + between.length
      if (all.some((finding) => finding.line < next && finding.endLine >= line)) {
        found.set(waiting.version, [...(found.get(waiting.version) ?? []), ...this.#lookAt(part, waiting)])
      }
      line = next
    }
    for (const version of this.#clean) this.#versions.scanned(version, found.get(version) ?? [])
    this.#used = 0
    this.#waiting = []
    this.#clean = []
  }

  #lookAt(part: Buffer, { version, from }: Waiting): Finding[] {
    const findings = this.#scan(part)
    return findings.length > 0 ? placed(findings, this.#versions.read(version), from) : []
  }

  #scan(bytes: Buffer): Finding[] {
    const { path } = this.#versions
    return this.#scanner.scan(new Text(viewOf(path, bytes)), { path })
  }

  /** A copy that stays while the next version is compared with it. */
  #keep(bytes: Buffer): Buffer {
    const [next, last] = this.#rooms
    const room = next.length < bytes.length ? Buffer.allocUnsafeSlow(bytes.length * 2) : next
    this.#rooms = [last, room]
    bytes.copy(room)
    return room.subarray(0, bytes.length)
  }
}

/** The findings of a part by the lines of the whole, in which it begins at an offset. */
function placed(findings: Finding[], content: Buffer, from: number): Finding[] {
  if (findings.length === 0) return findings
  const before = linesIn(content, from)
  return findings.map((finding) => ({ ...finding, line: finding.line + before, endLine: finding.endLine + before }))
}

/** How many lines end before the offset. */
function linesIn(bytes: Buffer, to: number): number {
  let count = 0
  for (let at = bytes.indexOf(10); at !== -1 && at < to; at = bytes.indexOf(10, at + 1)) count++
  return count
}

/** Whether the file may be the manifest of a Secret, which is told apart by a line that may be far from its values. */
const isManifest = (path: string, content: Buffer): boolean =>
  /\.(?:ya?ml|json)$/i.test(path) && /kind["']?:[ \t]*["']?Secret\b/.test(roundSecret(content))

/** What surrounds the first times of `Secret`, so that large files are not turned into strings. */
function roundSecret(content: Buffer): string {
  let words = ''
  for (let at = content.indexOf('Secret'); at !== -1 && words.length < 4096; at = content.indexOf('Secret', at + 6)) {
    words += content.toString('latin1', Math.max(0, at - 16), at + 7) + '\n'
  }
  return words
}
