// Scans files in several threads, this one among them, which share the table of keywords and take files as they finish.
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
  files: string[]
  /** One number that all threads share: how many of the files were taken. */
  taken: Int32Array
}

/** What was found in some of the files. */
export interface Progress {
  findings: Finding[]
  warnings: [path: string, reason: string][]
}

const batch = 64
/** Below this a second thread, which learns anew what the first one knows, costs more than it saves. */
const worthThreads = 50_000
/** Megabytes of young objects that a worker keeps at most: few outlive a file. */
const young = 8

/** How many threads a scan of so many files uses unless it is told. */
export const threadsFor = (files: number): number => (files < worthThreads ? 1 : Math.min(8, cpus().length))

/** The files that this thread takes, some at a time. */
export function* take({ files, taken }: Pick<Task, 'files' | 'taken'>): Generator<string[]> {
  for (let from = Atomics.add(taken, 0, batch); from < files.length; from = Atomics.add(taken, 0, batch)) yield files.slice(from, from + batch)
}

/** Findings in the files, in no certain order; `scan` is this thread's part. Rejects when a worker dies. */
export async function scanInThreads(threads: number, given: Omit<Task, 'taken'>, scan: (files: string[]) => Promise<Finding[]>, warn: Warn): Promise<Finding[]> {
  const task: Task = { ...given, taken: new Int32Array(new SharedArrayBuffer(4)) }
  const findings: Finding[] = []
  const workers = Array.from({ length: threads - 1 }, () => started(task, findings, warn))
  const own = async (): Promise<void> => {
    for (const files of take(task)) {
      for (const finding of await scan(files)) findings.push(finding)
      await new Promise((others) => setImmediate(others))
    }
  }
  await Promise.all([own(), ...workers])
  return findings
}

function started(task: Task, findings: Finding[], warn: Warn): Promise<void> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(new URL(import.meta.url.endsWith('.ts') ? './pool-worker.ts' : './pool-worker.js', import.meta.url), { workerData: task, resourceLimits: { maxYoungGenerationSizeMb: young } })
    worker.on('message', (progress: Progress) => {
      for (const finding of progress.findings) findings.push(finding)
      for (const [path, reason] of progress.warnings) warn(path, reason)
    })
    worker.on('error', reject)
    worker.on('exit', (code) => (code === 0 ? resolve() : reject(new Error(`a thread ended with ${code}`))))
  })
}
