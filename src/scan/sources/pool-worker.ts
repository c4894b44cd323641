// A worker thread of a scan: scans the files that it is sent and says so.
import { parentPort, workerData } from 'node:worker_threads'
import { prepareScanner, scanFiles } from '../run.ts'
import type { Progress, Task } from './pool.ts'

const { settings, automaton } = workerData as Task
const scanner = await prepareScanner(settings, automaton)

parentPort!.on('message', async (files: string[]) => {
  const warnings: Progress['warnings'] = []
  const { findings, bytes } = await scanFiles(scanner, files, (path, reason) => warnings.push([path, reason]))
  parentPort!.postMessage({ findings, warnings, bytes } satisfies Progress)
})
parentPort!.postMessage({ findings: [], warnings: [], bytes: 0 } satisfies Progress)
