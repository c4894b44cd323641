// The whole history of a repository: every blob once, at the commit where it first appears.
// `git log --raw` names the blobs that each commit brings; their bytes are read from the packs of the repository, path by path.
import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Finding } from '../finding.ts'
import type { Scanner } from '../match/scanner.ts'
import { Text } from '../match/text.ts'
import { isBinary } from './binary.ts'
import { reasonOf, type Warn } from './directory.ts'
import { readBlobs, saveBlob } from './git/batch.ts'
import type { BlobList } from './git/blob-list.ts'
import { describeCommits } from './git/commits.ts'
import { listBlobs, type Wanted } from './git/listing.ts'
import { PathScanner } from './git/path-scan.ts'
import { openStore, type ObjectStore } from './git/store.ts'
import { viewOf } from './view.ts'

export interface HistoryOptions extends Omit<Wanted, 'include'> {
  /** How deep archives are opened, 0: as deep as usual; undefined: not at all. */
  archives?: number
  /** Told of each blob that has been scanned, and how many findings it has; of none whose findings are not handed over. */
  scanned?(blob: string, findings: number): void
  warn: Warn
  progress?(blobs: number, bytes: number): void
}

/** Findings of the history, each secret once per path, in order of their first appearance. */
export async function scanHistory(scanner: Scanner, options: HistoryOptions): Promise<Finding[]> {
  const archives = options.archives === undefined ? null : await import('./archive/index.ts')
  const list = listBlobs(archives ? { ...options, include: archives.hasArchiveName } : options)
  if (list.size === 0) return []
  const history = new History(list, options)
  const store = await openStore(options.repository, list.width)
  try {
    const texts = new PathScanner(scanner)
    for (const [path, numbers] of list.paths) {
      if (!archives?.hasArchiveName(path)) scanPath(history, store, texts, path, numbers)
      else for (const number of numbers) await scanArchive(history, scanner, path, number)
    }
    texts.close()
    await scanOthers(history, scanner, texts)
  } finally {
    store.close()
  }
  return history.report()
}

/** A finding and the number of the blob that first held it. */
interface First {
  number: number
  finding: Finding
}

/** A secret counts once per path. */
const keyOf = ({ fingerprint, file }: Finding): string => `${fingerprint} ${file}`

class History {
  readonly list: BlobList
  readonly options: HistoryOptions
  /** Blobs that the packs did not give, to be asked of git. */
  readonly others: { number: number; path: string }[] = []
  readonly #first = new Map<string, First>()
  #blobs = 0
  #bytes = 0

  constructor(list: BlobList, options: HistoryOptions) {
    this.list = list
    this.options = options
  }

  isKnown(finding: Finding): boolean {
    return this.#first.has(keyOf(finding))
  }

  read(bytes: number): void {
    this.#bytes += bytes
    this.options.progress?.(++this.#blobs, this.#bytes)
  }

  /** Keeps what a blob holds; what an earlier one held at the same path keeps its place. */
  scanned(number: number, findings: Finding[]): void {
    for (const finding of findings) {
      const first = this.#first.get(keyOf(finding))
      if (first === undefined || number < first.number) this.#first.set(keyOf(finding), { number, finding })
    }
    if (findings.length === 0 || this.list.commit(number) !== '') this.options.scanned?.(this.list.id(number), findings.length)
  }

  async report(): Promise<Finding[]> {
    const reported = [...this.#first.values()].filter(({ number }) => this.list.commit(number) !== '').sort((a, b) => a.number - b.number)
    const commits = await describeCommits(this.options.repository, new Set(reported.map(({ number }) => this.list.commit(number))))
    return reported.map(({ number, finding }) => ({ ...finding, commit: commits.get(this.list.commit(number))! }))
  }
}

function scanPath(history: History, store: ObjectStore, texts: PathScanner, path: string, numbers: number[]): void {
  const read = (number: number): Buffer | null => store.read(history.list.bytes(number))
  texts.open({
    path,
    // An object that was there before may be packed away by now: its findings then stand by the lines of their part.
    read: (number) => read(number) ?? Buffer.alloc(0),
    isKnown: (finding) => history.isKnown(finding),
    scanned: (number, findings) => history.scanned(number, findings),
  })
  for (const number of numbers) {
    const content = read(number)
    if (content === null) history.others.push({ number, path })
    else {
      texts.take(number, content)
      history.read(content.length)
    }
  }
}

/** Blobs that only git can give: too large to be held, packed in a way that is not known here, or not fetched yet. */
async function scanOthers(history: History, scanner: Scanner, texts: PathScanner): Promise<void> {
  const { others, list, options } = history
  if (others.length === 0) return
  const named = others.map(({ number, path }) => ({ number, path, blob: list.id(number) }))
  let binary = false
  let findings: Finding[] = []
  for await (const { of, content, baseLine, first, last } of readBlobs(options.repository, named, options.warn)) {
    if (first && last) {
      texts.open({ path: of.path, read: () => content, isKnown: () => false, scanned: (number, found) => history.scanned(number, found) })
      texts.take(of.number, content)
    } else {
      if (first) binary = isBinary(content)
      findings = [...(first ? [] : findings), ...(binary ? [] : scanner.scan(new Text(viewOf(of.path, content)), { path: of.path }, baseLine))]
      if (last) history.scanned(of.number, findings)
    }
    if (last) history.read(content.length)
  }
}

/** Opens an archive through a file, whatever its size. */
async function scanArchive(history: History, scanner: Scanner, path: string, number: number): Promise<void> {
  const { repository, warn, archives } = history.options
  const { scanArchiveFile } = await import('./archive/index.ts')
  const folder = mkdtempSync(join(tmpdir(), 'strongroom-scan-'))
  try {
    const file = join(folder, 'archive')
    await saveBlob(repository, history.list.id(number), file)
    history.scanned(number, await scanArchiveFile(scanner, file, path, warn, archives ? { depth: archives } : {}))
    history.read(statSync(file).size)
  } catch (error) {
    warn(path, reasonOf(error))
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
