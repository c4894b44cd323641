// An image that is a folder: the OCI image layout as tools such as skopeo and buildx write it.
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Finding } from '../finding.ts'
import type { Scanner } from '../match/scanner.ts'
import { openFile, type FileContent } from './archive/content.ts'
import { scanImage } from './archive/image.ts'
import { scanContent } from './archive/index.ts'
import { openJob } from './archive/job.ts'
import type { Entry } from './archive/tar.ts'
import type { Warn } from './directory.ts'

const mostBlobs = 2000

export const isLayout = (folder: string): boolean => existsSync(join(folder, 'oci-layout')) && existsSync(join(folder, 'index.json'))

/** Findings of the images in the folder. */
export async function scanLayout(scanner: Scanner, folder: string, path: string, warn: Warn): Promise<Finding[]> {
  const open: FileContent[] = []
  try {
    const names = ['oci-layout', 'index.json', ...readdirSync(join(folder, 'blobs')).flatMap((kind) => readdirSync(join(folder, 'blobs', kind)).map((name) => `blobs/${kind}/${name}`))]
    const entries: Entry[] = names.slice(0, mostBlobs).map((name) => {
      const content = openFile(join(folder, name))
      open.push(content)
      return { name, content }
    })
    return (await scanImage(openJob(scanner, warn, {}, scanContent), entries, path, 0)) ?? []
  } finally {
    for (const content of open) content.close()
  }
}
