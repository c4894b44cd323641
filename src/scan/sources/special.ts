// Files that are more than text: archives, images of containers, dumps.
import { statSync } from 'node:fs'
import type { Finding } from '../finding.ts'
import type { Scanner } from '../match/scanner.ts'
import type { Settings } from '../settings.ts'
import { hasArchiveName, scanArchiveFile } from './archive/index.ts'
import { hasBinaryName } from './binary.ts'
import type { Warn } from './directory.ts'
import { isLayout, scanLayout } from './layout.ts'
import { scanStrings } from './strings.ts'

const usualDepth = 4

/** Which files of a folder, left out for their names otherwise, the settings ask for. */
export const asksFor = (settings: Settings, name: string): boolean => (settings.archives !== undefined && hasArchiveName(name)) || settings.binary

/** Findings of a file that is no text; null where it is read like any other. An archive that is named itself is always unpacked. */
export async function scanSpecial(scanner: Scanner, settings: Settings, file: string, path: string, warn: Warn): Promise<Finding[] | null> {
  if (hasArchiveName(file)) return scanArchiveFile(scanner, file, path, warn, { depth: Number(settings.archives ?? usualDepth) || usualDepth })
  if (settings.binary && (hasBinaryName(file) || isDump(file))) return scanStrings(scanner, file, path)
  return null
}

const isDump = (file: string): boolean => /(?:^|\/)core(?:\.\d+)?$|\.(?:dump|dmp|core|hprof|heapsnapshot|mem|raw|img|swp)$/i.test(file)

/** Findings of images: a saved archive, or a folder in the OCI layout. */
export async function scanImages(scanner: Scanner, images: string[], warn: Warn): Promise<Finding[]> {
  const findings: Finding[] = []
  for (const image of images) {
    if (statSync(image).isDirectory() && isLayout(image)) findings.push(...(await scanLayout(scanner, image, image, warn)))
    else findings.push(...(await scanArchiveFile(scanner, image, image, warn, { depth: usualDepth })))
  }
  return findings
}
