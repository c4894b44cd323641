// Which blobs the history brings to which paths: `git log --raw` names them, oldest first.
import { hasBinaryName } from '../binary.ts'
import { failureOf, startGit } from '../git.ts'
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
export async function listBlobs(wanted: Wanted): Promise<BlobList> {
  const { repository, revisions, since } = wanted
  const known = wanted.known?.size ? wanted.known : null
  const git = startGit(repository, [
    'log', '--reverse', '--topo-order', '--raw', '-c', '--root', '--no-renames', '--no-abbrev', '-z', '--format=%x01%H', '--diff-filter=ACMT',
    ...(since ? [`--since=${since}`] : []), '--ignore-missing', ...(revisions?.length ? revisions : ['--all', 'HEAD']), '--',
  ])
  const failure = failureOf(git)
  git.stdin.end()
  const list = new BlobList()
  const limited = revisions !== undefined || since !== undefined
  const wants = new Map<string, boolean>()
  const reader = new RawLog((commit, path, ids) => {
    let counts = wants.get(path)
    if (counts === undefined) wants.set(path, (counts = !hasBinaryName(path) || (wanted.include?.(path) ?? false)))
    if (!counts) return
    for (let which = limited ? 0 : ids.length - 1; which < ids.length; which++) {
      const id = ids[which]!
      if (id.length > 0 && !known?.has(id.toString('latin1'))) list.add(id, path, which === ids.length - 1 ? commit : '')
    }
  })
  for await (const chunk of git.stdout) reader.take(chunk as Buffer)
  const said = await failure
  if (said !== null) throw new Error(said)
  return list
}

const nul = 0
const colon = 58
const commitMark = 1
const modeSize = 7
const none = Buffer.alloc(0)

/** Reads what `git log --raw -z --format=%x01%H` writes, in pieces of any size. */
class RawLog {
  readonly #changed: (commit: string, path: string, ids: Buffer[]) => void
  #rest: Buffer = none
  #commit = ''
  #ids: Buffer[] = []

  /** `changed` is told of each change: the ids, hexadecimal, of what stood there in the parents and of the result, empty for what is no file. */
  constructor(changed: (commit: string, path: string, ids: Buffer[]) => void) {
    this.#changed = changed
  }

  take(chunk: Buffer): void {
    const bytes = this.#rest.length > 0 ? Buffer.concat([this.#rest, chunk]) : chunk
    let from = 0
    for (let at = bytes.indexOf(nul); at !== -1; at = bytes.indexOf(nul, from)) {
      this.#field(bytes, from, at)
      from = at + 1
    }
    this.#rest = bytes.subarray(from)
  }

  /** A commit's id, or the modes and ids of a change, which its path follows. */
  #field(bytes: Buffer, from: number, to: number): void {
    if (this.#ids.length > 0) {
      this.#changed(this.#commit, bytes.toString('utf8', from, to), this.#ids)
      this.#ids = []
    } else if (bytes[from] === commitMark) this.#commit = bytes.toString('latin1', from + 1, to)
    else if (to > from) this.#ids = idsIn(bytes, bytes[from] === colon ? from : from + 1, to)
  }
}

/** What stands before a path: a colon for each parent; the modes of the parents and the result, their ids, a letter for each parent. */
function idsIn(bytes: Buffer, from: number, to: number): Buffer[] {
  let parents = 0
  while (bytes[from + parents] === colon) parents++
  const modesAt = from + parents
  const idsAt = modesAt + (parents + 1) * modeSize
  const size = (to - idsAt - parents) / (parents + 1)
  const ids: Buffer[] = []
  for (let which = 0; which <= parents; which++) {
    const at = idsAt + which * size
    ids.push(isFile(bytes, modesAt + which * modeSize) ? bytes.subarray(at, at + size - 1) : none)
  }
  return ids
}

/** Whether a mode is that of a file, 100644 or 100755; links, submodules and what is not there have others. */
const isFile = (bytes: Buffer, at: number): boolean => bytes[at] === 49 && bytes[at + 1] === 48 && bytes[at + 2] === 48
