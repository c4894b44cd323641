// Archives, one in another to a depth: zip (jar, whl, docx, xlsx …), tar, gzip, zstd, xz, and images of containers.
// What is found is named `outer.zip!/inner/file`.
import type { Finding } from '../../finding.ts'
import type { Scanner } from '../../match/scanner.ts'
import { ScanError } from '../../scan-error.ts'
import { hasBinaryName } from '../binary.ts'
import { scanPieces } from '../chunks.ts'
import type { Warn } from '../directory.ts'
import type { Limits } from './budget.ts'
import { openFile, type Content } from './content.ts'
import { scanImage } from './image.ts'
import { openJob, type Job } from './job.ts'
import { isTar, readTar, type Entry } from './tar.ts'
import { packingOf, withUnpacked, type Packing } from './unpack.ts'
import { isZip, readZip } from './zip.ts'

const archiveName = /\.(?:zip|jar|war|ear|aar|whl|egg|nupkg|apk|ipa|docx|xlsx|pptx|odt|ods|vsix|xpi|crx|tar|tgz|tzst|txz|gz|zst|xz)$/i

export const hasArchiveName = (name: string): boolean => archiveName.test(name)

/** Findings in an archive file; what cannot be unpacked is told to `warn`. `path` is what the findings name. */
export async function scanArchiveFile(scanner: Scanner, file: string, path: string, warn: Warn, limits: Partial<Limits> = {}): Promise<Finding[]> {
  const content = openFile(file)
  try {
    return await scanContent(openJob(scanner, warn, limits, scanContent), content, path, 0)
  } finally {
    content.close()
  }
}

/** Findings in content of any kind, at a depth of nesting. */
export async function scanContent(job: Job, content: Content, path: string, depth: number): Promise<Finding[]> {
  try {
    const head = content.read(0, 512)
    const zip = isZip(head)
    const tar = !zip && isTar(head)
    const packing = packingOf(head)
    if (!zip && !tar && packing === null) return scanPlain(job, content, path)
    if (depth >= job.budget.limits.depth) throw new ScanError(`archives are nested deeper than ${job.budget.limits.depth}`)
    if (zip) return await scanZip(job, content, path, depth)
    if (tar) return await scanTar(job, content, path, depth)
    return await withUnpacked(content, packing!, job.budget, (inner) => scanContent(job, inner, path, isTar(inner.read(0, 512)) ? depth : depth + 1))
  } catch (error) {
    if (!(error instanceof ScanError) && !(error instanceof RangeError)) throw error
    job.warn(path, error instanceof ScanError ? error.message : 'the archive is broken')
    return []
  }
}

function scanPlain({ scanner }: Job, content: Content, path: string): Finding[] {
  let at = 0
  return scanPieces(scanner, path, (target, offset) => {
    const bytes = content.read(at, at + target.length - offset)
    at += bytes.copy(target, offset)
    return bytes.length
  }).findings
}

const isWorthIt = (name: string): boolean => hasArchiveName(name) || !hasBinaryName(name)

async function scanZip(job: Job, content: Content, path: string, depth: number): Promise<Finding[]> {
  const findings: Finding[] = []
  for (const entry of readZip(content)) {
    job.budget.countEntry()
    const name = `${path}!/${entry.name}`
    if (!isWorthIt(entry.name)) continue
    if (entry.encrypted || entry.method === 'unknown') {
      job.warn(name, entry.encrypted ? 'encrypted' : 'packed in a way that is not known')
      continue
    }
    if (entry.method === 'stored') findings.push(...(await scanContent(job, entry.content, name, depth + 1)))
    else findings.push(...(await unpackEntry(job, entry.content, entry.method === 'zstd' ? 'zstd' : 'deflate', name, depth)))
  }
  return findings
}

async function unpackEntry(job: Job, content: Content, packing: Packing, name: string, depth: number): Promise<Finding[]> {
  try {
    return await withUnpacked(content, packing, job.budget, (inner) => scanContent(job, inner, name, depth + 1))
  } catch (error) {
    if (!(error instanceof ScanError)) throw error
    job.budget.allowance(0)
    job.warn(name, error.message)
    return []
  }
}

async function scanTar(job: Job, content: Content, path: string, depth: number): Promise<Finding[]> {
  const entries: Entry[] = []
  for (const entry of readTar(content)) {
    job.budget.countEntry()
    entries.push(entry)
  }
  const image = await scanImage(job, entries, path, depth)
  if (image) return image
  return scanEntries(job, entries, path, depth)
}

async function scanEntries(job: Job, entries: Iterable<Entry>, path: string, depth: number): Promise<Finding[]> {
  const findings: Finding[] = []
  for (const { name, content, link } of entries) {
    if (link === undefined && isWorthIt(name)) findings.push(...(await scanContent(job, content, `${path}!/${name}`, depth + 1)))
  }
  return findings
}
