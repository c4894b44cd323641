// Sources over the network, by the word or address that names them.
import type { Finding } from '../../finding.ts'
import type { Scanner } from '../../match/scanner.ts'
import { ScanError } from '../../scan-error.ts'
import type { Settings } from '../../settings.ts'
import type { Warn } from '../directory.ts'
import { credentialsOf, scanBucket } from './bucket.ts'
import { isHost, scanCommits, tokenOf } from './commits.ts'

/** Findings of `github OWNER/REPO` and its like, or of `s3://BUCKET/PREFIX`. */
export async function scanRemote(scanner: Scanner, [first = '', second]: string[], settings: Settings, warn: Warn): Promise<Finding[]> {
  const { endpoint } = settings
  const limit = settings.limit === undefined ? {} : { limit: Number(settings.limit) || 0 }
  if (first.startsWith('s3://')) return scanBucket(scanner, first, { endpoint, ...credentialsOf(process.env), ...limit, warn })
  if (!isHost(first) || second === undefined) throw new ScanError('name the repository as OWNER/NAME')
  return scanCommits(scanner, first, second, { endpoint, ...limit, revision: settings.range, token: tokenOf(first), warn })
}
