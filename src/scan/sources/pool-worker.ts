// A worker thread of a scan: takes files, scans them and says what it found.
import { parentPort, workerData } from 'node:worker_threads'
import { prepareScanner, scanFiles } from '../run.ts'
import { take, type Progress, type Task } from './pool.ts'

const task = workerData as Task
const scanner = await prepareScanner(task.settings, task.automaton)

for (const files of take(task)) {
  const warnings: Progress['warnings'] = []
  const { findings } = await scanFiles(scanner, files, (path, reason) => warnings.push([path, reason]))
  parentPort!.postMessage({ findings, warnings } satisfies Progress)
}
