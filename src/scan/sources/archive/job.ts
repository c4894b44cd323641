// One archive being scanned, from the outside in.
import type { Finding } from '../../finding.ts'
import type { Scanner } from '../../match/scanner.ts'
import type { Warn } from '../directory.ts'
import { Budget, type Limits } from './budget.ts'
import type { Content } from './content.ts'

export interface Job {
  scanner: Scanner
  warn: Warn
  budget: Budget
  /** Findings in content of any kind, at a depth of nesting. */
  scan(content: Content, path: string, depth: number): Promise<Finding[]>
}

type ScanContent = (job: Job, content: Content, path: string, depth: number) => Promise<Finding[]>

export function openJob(scanner: Scanner, warn: Warn, limits: Partial<Limits>, scanContent: ScanContent): Job {
  const job: Job = { scanner, warn, budget: new Budget(limits), scan: (content, path, depth) => scanContent(job, content, path, depth) }
  return job
}
