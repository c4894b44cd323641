// Scans files in worker threads, which share the table of keywords and ask for files as they finish.
import { cpus } from 'node:os'
import { Worker } from 'node:worker_threads'
import type { Settings } from '../settings.ts'
import type { Finding } from '../finding.ts'
import type { Automaton } from '../match/automaton.ts'
import type { Warn } from './directory.ts'

/** What a worker is started with. */
export interface Task {
  settings: Settings
  automaton: Automaton
}

/** What a worker says: what it found in the files it was given, and that it waits for more. */
export interface Progress {
  findings: Finding[]
  warnings: [path: string, reason: string][]
  /** Bytes read. */
  bytes: number
}

const batch = 64
/** Below this a second thread costs more to start than it saves. */
const worthThreads = 20_000

/** How many threads a scan of so many files uses unless it is told. */
export const threadsFor = (files: number): number => (files < worthThreads ? 1 : Math.min(8, cpus().length))

/** Findings in the files, in no certain order; rejects when a worker dies. */
export async function scanInThreads(files: string[], threads: number, task: Task, warn: Warn): Promise<Finding[]> {
  const findings: Finding[] = []
  let next = 0
  const one = (): Promise<void> =>
    new Promise((resolve, reject) => {
      const worker = new Worker(new URL(import.meta.url.endsWith('.ts') ? './pool-worker.ts' : './pool-worker.js', import.meta.url), { workerData: task })
      worker.on('message', (progress: Progress) => {
        for (const finding of progress.findings) findings.push(finding)
        for (const [path, reason] of progress.warnings) warn(path, reason)
        if (next >= files.length) worker.terminate().then(() => resolve(), reject)
        else worker.postMessage(files.slice(next, (next += batch)))
      })
      worker.on('error', reject)
    })
  await Promise.all(Array.from({ length: threads }, one))
  return findings
}
