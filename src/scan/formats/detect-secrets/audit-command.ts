// `strongroom scan audit [FILE] [--report | --stats]`.
import { createInterface } from 'node:readline'
import { parseArgs } from 'node:util'
import { replaceFile } from '../../text-file.ts'
import { parse } from '../../settings.ts'
import type { Finding } from '../../finding.ts'
import { openScanner } from '../../run.ts'
import { prepare } from '../../setup.ts'
import { readText } from '../../text-file.ts'
import { audit, reportOf, statsOf, type Rescan, type Talk } from './audit.ts'
import { parseBaseline, writeBaseline, type Baseline } from './baseline.ts'
import { ScanError } from '../../scan-error.ts'

const options = {
  report: { type: 'boolean' },
  stats: { type: 'boolean' },
  diff: { type: 'boolean' },
  json: { type: 'boolean' },
  'only-real': { type: 'boolean' },
  'only-false': { type: 'boolean' },
  'no-redact': { type: 'boolean' },
  raw: { type: 'boolean' },
  baseline: { type: 'string' },
} as const

/** Returns the exit status: 0, or 2 for an error. */
export async function run(argv: string[]): Promise<number> {
  try {
    const { values, positionals } = parseArgs({ args: argv, options, allowPositionals: true })
    const file = values.baseline ?? positionals[0] ?? '.secrets.baseline'
    const baseline = parseBaseline(readText(file))
    const only = values['only-real'] ? ('VERIFIED_TRUE' as const) : values['only-false'] ? ('VERIFIED_FALSE' as const) : undefined
    if (values.diff) throw new ScanError('--diff is not supported: compare the two reports')
    if (values.stats) print(statsOf(baseline))
    else if (values.report) print({ results: reportOf(baseline, await rescanner(baseline), { ...(only ? { only } : {}), show: values['no-redact'] ?? values.raw ?? false }) })
    else await interactive(file, baseline)
    return 0
  } catch (error) {
    process.stderr.write(`strongroom scan audit: ${(error as Error).message}\n`)
    return 2
  }
}

const print = (value: unknown): void => void process.stdout.write(JSON.stringify(value, null, 4) + '\n')

async function interactive(file: string, baseline: Baseline): Promise<void> {
  const lines = createInterface({ input: process.stdin, terminal: false })
  const answers = lines[Symbol.asyncIterator]()
  const talk: Talk = {
    say: (text) => void process.stderr.write(text),
    ask: async (question) => {
      process.stderr.write(question)
      const { value, done } = await answers.next()
      return done ? null : value.trim().toLowerCase()
    },
  }
  const count = await audit(baseline, await rescanner(baseline), talk)
  lines.close()
  if (count > 0) replaceFile(file, writeBaseline(baseline))
  process.stderr.write(`${count} labelled.\n`)
}

async function rescanner(baseline: Baseline): Promise<Rescan> {
  const scanner = await openScanner(parse(['--no-config']).values, await prepare({}))
  const { scanFile } = await import('../../sources/chunks.ts')
  const known = new Map<string, Finding[]>()
  return (file) => {
    if (!baseline.results.has(file)) return []
    if (!known.has(file)) known.set(file, tryScan(() => scanFile(scanner, file, file).findings))
    return known.get(file)!
  }
}

function tryScan(scan: () => Finding[]): Finding[] {
  try {
    return scan()
  } catch {
    return []
  }
}
