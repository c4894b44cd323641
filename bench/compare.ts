// One load against several servers in turn: requests, and what they cost in processor time.
import { join } from 'node:path'
import { type Load, type Measured, send } from './load.ts'
import { type Running, bytesWritten, cpuSeconds, freePort, newFolder, root, start } from './process.ts'

export interface Cost extends Measured {
  /** Requests a processor second. */
  perCpu: number
  /** Requests a second. */
  perSecond: number
  /** Bytes written to disk a request. */
  written: number
}

export async function cost(pid: number, load: Load): Promise<Cost> {
  const cpu = cpuSeconds(pid)
  const bytes = bytesWritten(pid)
  const measured = await send(load)
  if (measured.failed > 0) throw new Error(`${measured.failed} of ${measured.requests} requests failed: ${load.method} ${load.path}`)
  const used = Math.max(0.01, cpuSeconds(pid) - cpu)
  return { ...measured, perCpu: measured.requests / used, perSecond: measured.requests / measured.seconds, written: (bytesWritten(pid) - bytes) / measured.requests }
}

/** Starts the bare server that answers `bytes` bytes. */
export async function bare(bytes: number): Promise<Running> {
  const port = await freePort()
  const url = `http://127.0.0.1:${port}`
  return start([join(root, 'bench/bare.ts'), String(port), String(bytes)], url, newFolder(), async () => (await fetch(url)).ok)
}

/** Runs loads in turn, A B A B …, so that a machine whose speed drifts treats them alike; gives each one's best run. */
export async function inTurn(loads: { pid: number; load: Load }[], rounds: number): Promise<Cost[]> {
  const runs: Cost[][] = loads.map(() => [])
  for (let round = 0; round < rounds; round++) for (const [index, { pid, load }] of loads.entries()) runs[index]!.push(await cost(pid, load))
  return runs.map((own) => own.toSorted((a, b) => b.perCpu - a.perCpu)[Math.trunc((own.length - 1) / 2)]!)
}
