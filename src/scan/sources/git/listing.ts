// Which blobs the history brings to which paths: `git log --raw` names them, oldest first.
import { closeSync, mkdtempSync, openSync, readSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { hasBinaryName } from '../binary.ts'
import { writeGit } from '../git.ts'
import { BlobList } from './blob-list.ts'

export interface Wanted {
  repository: string
  /** Revisions or ranges as `git log` takes them; default: every reference. */
  revisions?: string[]
  /** A date as `git log --since` takes it. */
  since?: string
  /** Ids of blobs that are left out. */
  known?: ReadonlySet<string>
  /** Names that count although they are those of binary files. */
  include?(path: string): boolean
}

/** The blobs, each at the commit and path that bring it first; one that stood there before the range has no commit. */
export function listBlobs(wanted: Wanted): BlobList {
  const { repository, revisions, since } = wanted
  const known = wanted.known?.size ? wanted.known : null
  const command = [
    'log', '--reverse', '--topo-order', '--raw', '-c', '--root', '--no-renames', '--no-abbrev', '-z', '--format=%x01%H', '--diff-filter=ACMT',
    ...(since ? [`--since=${since}`] : []), '--ignore-missing', ...(revisions?.length ? revisions : ['--all', 'HEAD']), '--',
  ]
  const list = new BlobList()
  const limited = revisions !== undefined || since !== undefined
  const wants = new Map<string, boolean>()
  const reader = new RawLog((commit, path, bytes, ids) => {
    let counts = wants.get(path)
    if (counts === undefined) wants.set(path, (counts = !hasBinaryName(path) || (wanted.include?.(path) ?? false)))
    if (!counts) return
    for (let which = limited ? 0 : ids.count - 1; which < ids.count; which++) {
      const at = ids.at(bytes, which)
      if (at !== -1 && !known?.has(bytes.toString('latin1', at, at + ids.size))) list.add(bytes, at, ids.size, path, which === ids.count - 1 ? commit : '')
    }
  })
  for (const piece of answerOf(repository, command)) reader.take(piece)
  return list
}

const pieceSize = 1 << 20

/** What git answers, in pieces that are valid until the next one; kept meanwhile in a file without a name. */
function* answerOf(repository: string, command: string[]): Generator<Buffer> {
  const folder = mkdtempSync(join(tmpdir(), 'strongroom-scan-'))
  const file = openSync(join(folder, 'answer'), 'wx+', 0o600)
  try {
    rmSync(folder, { recursive: true })
    writeGit(repository, command, file)
    const piece = Buffer.allocUnsafeSlow(pieceSize)
    for (let offset = 0, count = 1; count > 0; offset += count) {
      count = readSync(file, piece, 0, pieceSize, offset)
      yield piece.subarray(0, count)
    }
  } finally {
    closeSync(file)
  }
}

const nul = 0
const colon = 58
const commitMark = 1
const modeSize = 7

type Changed = (commit: string, path: string, bytes: Buffer, ids: Ids) => void

/** Reads what `git log --raw -z --format=%x01%H` writes, in pieces of any size. */
class RawLog {
  readonly #changed: Changed
  #rest: Buffer = Buffer.alloc(0)
  #commit = ''

  /** `changed` is told of each change, in which the ids of what stood there in the parents and of the result stand among the bytes. */
  constructor(changed: Changed) {
    this.#changed = changed
  }

  /** A commit's id, or the modes and ids of a change and its path, each with a NUL behind it. */
  take(chunk: Buffer): void {
    const bytes = this.#rest.length > 0 ? Buffer.concat([this.#rest, chunk]) : chunk
    let from = 0
    for (let end = bytes.indexOf(nul); end !== -1; end = bytes.indexOf(nul, from)) {
      if (bytes[from] === commitMark) this.#commit = bytes.toString('latin1', from + 1, end)
      else if (end > from) {
        const pathEnd = bytes.indexOf(nul, end + 1)
        if (pathEnd === -1) break
        this.#changed(this.#commit, bytes.toString('utf8', end + 1, pathEnd), bytes, new Ids(bytes, bytes[from] === colon ? from : from + 1, end))
        end = pathEnd
      }
      from = end + 1
    }
    this.#rest = Buffer.from(bytes.subarray(from))
  }
}

/** What stands before a path: a colon for each parent; the modes of the parents and the result, their ids, a letter for each parent. */
class Ids {
  /** How many there are, the result's last, and their length. */
  readonly count: number
  readonly size: number
  readonly #modesAt: number

  constructor(bytes: Buffer, from: number, to: number) {
    let parents = 0
    while (bytes[from + parents] === colon) parents++
    this.count = parents + 1
    this.#modesAt = from + parents
    this.size = (to - this.#modesAt - this.count * modeSize - parents) / this.count - 1
  }

  /** Where an id begins, hexadecimal; -1 for what is no file: links, submodules and what is not there have other modes than 100644 and 100755. */
  at(bytes: Buffer, which: number): number {
    const mode = this.#modesAt + which * modeSize
    const isFile = bytes[mode] === 49 && bytes[mode + 1] === 48 && bytes[mode + 2] === 48
    return isFile ? this.#modesAt + this.count * modeSize + which * (this.size + 1) : -1
  }
}
