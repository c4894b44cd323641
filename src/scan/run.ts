// One scan from its settings to its report and exit status.
import { writeFileSync } from 'node:fs'
import { relative } from 'node:path'
import { setFlagsFromString } from 'node:v8'
import type { Settings } from './settings.ts'
import type { Finding } from './finding.ts'
import { genericDetectors } from './generic/index.ts'
import type { Refuse } from './match/finder.ts'
import { share, type Automaton } from './match/automaton.ts'
import { Scanner } from './match/scanner.ts'
import type { Progress } from './progress.ts'
import type { BlobCache } from './sources/cache.ts'
import { loadRules } from './rules.ts'
import { prepare, type Part, type Setup } from './setup.ts'
import { readText } from './text-file.ts'

interface Job {
  scanner: Scanner
  settings: Settings
  cache?: BlobCache | null
  warn(path: string, reason: string): void
}

/**
 * A scan runs some hundred patterns a few times each and a few loops for long: compiling them all to machine code would take
 * longer than the scan. What sees every byte of a file is compiled beforehand, so that V8's last compiler is of no use; reading
 * packs of Git needs it. V8 reads these at any time.
 */
function spareCompiling(packs: boolean): void {
  for (const flag of ['--regexp-tier-up-ticks=40', '--no-regexp-peephole-optimization', '--max-inlined-bytecode-size-cumulative=100']) setFlagsFromString(flag)
  if (!packs) setFlagsFromString('--no-turbofan')
}

export async function runScan(settings: Settings, positionals: string[]): Promise<number> {
  try {
    const { findings, failures, finish } = await findSecrets(settings, positionals)
    await report(settings, findings)
    finish()
    if (settings.strict && failures > 0) return 2
    return findings.length > 0 ? Number(settings['exit-code']) : 0
  } catch (error) {
    process.stderr.write(`strongroom scan: ${(error as Error).message}\n`)
    return 2
  }
}

interface Found {
  findings: Finding[]
  /** How much could not be read. */
  failures: number
  /** To be called once the findings are reported: lets the next scan of the history leave out what brought them. */
  finish(): void
}

/** The findings of one scan, secrets in full. `parts` come on top of what the settings name. */
export async function findSecrets(settings: Settings, positionals: string[], parts: Part[] = []): Promise<Found> {
  spareCompiling(positionals[0] === 'git')
  let failures = 0
  const warn = (path: string, reason: string): void => {
    failures++
    if (!settings.quiet) process.stderr.write(`strongroom scan: ${path}: ${reason}\n`)
  }
  const setup = await prepare({ ...settings, discover: !settings['no-config'], warn }, parts)
  const scanner = await openScanner(settings, setup)
  const wanted = wantedRules(settings)
  const cache = positionals[0] === 'git' ? await openCache(settings, scanner) : null
  const found = await collect({ scanner, cache, settings: parts.length > 0 ? { ...settings, threads: '1' } : settings, warn }, positionals)
  const findings = await setup.finish(wanted ? found.filter((finding) => wanted.includes(finding.rule)) : found)
  return { findings: settings.verify ? await verified(settings, findings) : findings, failures, finish: () => cache?.finish() }
}

async function openCache({ cache, known, fetched, config }: Settings, scanner: Scanner): Promise<BlobCache | null> {
  if (!cache) return null
  const { BlobCache } = await import('./sources/cache.ts')
  return new BlobCache(cache, scanner.rules, [...[known, config].map((file) => (file ? readText(file) : '')), fetched?.text ?? ''])
}

async function verified(settings: Settings, findings: Finding[]): Promise<Finding[]> {
  const { verifyFindings, verifyOptions } = await import('./verify/index.ts')
  return verifyFindings(findings, verifyOptions(settings))
}

const wantedRules = (settings: Settings): string[] | undefined => settings.rules?.flatMap((ids) => ids.split(','))

/** The scanner that the settings ask for. */
export async function openScanner(settings: Settings, setup: Setup, automaton?: Automaton): Promise<Scanner> {
  const { finders, refuse } = setup
  const wanted = wantedRules(settings)
  const rules = setup.builtin ? (await loadRules()).filter((rule) => (!wanted || wanted.includes(rule.id)) && !setup.disabled(rule.id)) : []
  const detectors = setup.builtin ? genericDetectors(rules) : []
  const { kubernetesFinder } = await import('./formats/kubernetes/index.ts')
  return new Scanner({ ...(automaton ? { automaton } : {}), rules: [...setup.rules, ...rules], detectors, finders: setup.builtin && !wanted ? [kubernetesFinder, ...finders] : finders, refuse: refuseAlso(refuse, setup) })
}

/** Detectors of the house report under rules that a configuration may have switched off. */
const refuseAlso = (refuse: Setup['refuse'], setup: Setup): Refuse => (finding, text, candidate) =>
  (candidate.rule.generic === true && setup.disabled(finding.rule)) || refuse(finding, text, candidate)

async function collect(job: Job, positionals: string[]): Promise<Finding[]> {
  const { settings, scanner, warn } = job
  if (settings.staged || settings.unstaged) return (await import('./sources/staged.ts')).scanStaged(scanner, positionals[0] ?? '.', settings.staged)
  if (positionals[0] === 'git') {
    return scanRepository(job, positionals[1] ?? '.')
  }
  if (settings.image) return (await import('./sources/special.ts')).scanImages(scanner, settings.image, warn)
  if (isRemote(positionals)) return (await import('./sources/remote/index.ts')).scanRemote(scanner, positionals, settings, warn)
  if (positionals[0] === '-') return (await import('./sources/stream.ts')).scanDescriptor(scanner)
  return scanPaths(job, positionals.length > 0 ? positionals : ['.'])
}

async function scanRepository({ settings, scanner, cache, warn }: Job, repository: string): Promise<Finding[]> {
  const { scanHistory } = await import('./sources/history.ts')
  const progress = new (await import('./progress.ts')).Progress(settings.quiet)
  const findings = await scanHistory(scanner, {
    repository,
    ...(settings.range ? { revisions: settings.range.split(/\s+/) } : {}),
    ...(settings.since ? { since: settings.since } : {}),
    ...(settings.archives === undefined ? {} : { archives: Number(settings.archives) || 0 }),
    ...(cache ? { known: cache.known, scanned: (blob: string, count: number) => cache.add(blob, count) } : {}),
    progress: (blobs, bytes) => progress.tell(blobs, 'blobs', bytes),
    warn,
  })
  progress.clear()
  return findings
}

/** An address of a bucket, or a host and a repository; a folder of that name is written `./github`. */
const isRemote = ([first = '', second]: string[]): boolean => first.startsWith('s3://') || (['github', 'gitlab', 'bitbucket'].includes(first) && second !== undefined)

async function scanPaths({ scanner, settings, warn }: Job, paths: string[]): Promise<Finding[]> {
  const { reasonOf, walk } = await import('./sources/directory.ts')
  const { hasBinaryName } = await import('./sources/binary.ts')
  const ignored = settings.gitignore ? new (await import('./sources/gitignore.ts')).Ignored() : null
  const special = settings.archives !== undefined || settings.binary ? await import('./sources/special.ts') : null
  const all = walk(paths, {
    warn,
    ...(ignored ? { ignore: (path, folder) => ignored.has(path, folder) } : {}),
    ...(special ? { include: (name) => special.asksFor(settings, name) } : {}),
  })
  const files: string[] = []
  const findings: Finding[] = []
  for (const file of all) {
    if (!settings.binary && !hasBinaryName(file)) {
      files.push(file)
      continue
    }
    try {
      const found = await (await import('./sources/special.ts')).scanSpecial(scanner, settings, file, nameOf(file), warn)
      if (found) findings.push(...found)
      else files.push(file)
    } catch (error) {
      warn(file, reasonOf(error))
    }
  }
  return [...(await scanTexts({ scanner, settings, warn }, files)), ...findings]
}

async function scanTexts({ scanner, settings, warn }: Job, files: string[]): Promise<Finding[]> {
  const { scanInThreads, threadsFor } = await import('./sources/pool.ts')
  const threads = settings.threads ? Number(settings.threads) : threadsFor(files.length)
  if (!(threads > 1)) {
    const progress = new (await import('./progress.ts')).Progress(settings.quiet)
    const { findings } = await scanFiles(scanner, files, warn, progress)
    progress.clear()
    return findings
  }
  const own = async (some: string[]): Promise<Finding[]> => (await scanFiles(scanner, some, warn)).findings
  const found = await scanInThreads(threads, { settings: { ...settings }, automaton: share(scanner.matcher.automaton), files }, own, warn)
  const order = new Map(files.map((file, at) => [nameOf(file), at]))
  return found.sort((a, b) => (order.get(a.file) ?? 0) - (order.get(b.file) ?? 0) || a.line - b.line)
}

/** A plain relative path names itself; anything else is worth the time of making it one. */
const nameOf = (file: string): string => (/^(?:[^./\\:]|\.[^./\\])[^\\:]*$/.test(file) && !file.includes('/.') && !file.includes('//') ? file : relative('.', file).replaceAll('\\', '/'))

/** Findings of the files, one after the other, and how many bytes were read. */
export async function scanFiles(scanner: Scanner, files: Iterable<string>, warn: Job['warn'], progress?: Progress): Promise<{ findings: Finding[]; bytes: number }> {
  const { scanFile } = await import('./sources/chunks.ts')
  const { reasonOf } = await import('./sources/directory.ts')
  const findings: Finding[] = []
  let bytes = 0
  let count = 0
  for (const file of files) {
    try {
      const scanned = scanFile(scanner, file, nameOf(file))
      for (const finding of scanned.findings) findings.push(finding)
      bytes += scanned.bytes
      progress?.tell(++count, 'files', bytes)
    } catch (error) {
      warn(file, reasonOf(error))
    }
  }
  return { findings, bytes }
}

/** The scanner of a worker thread, which takes the table of keywords over from the thread that started it. */
export async function prepareScanner(settings: Settings, automaton: Automaton): Promise<Scanner> {
  spareCompiling(false)
  return openScanner(settings, await prepare({ ...settings, discover: !settings['no-config'] }), automaton)
}

/** Writes the report that the settings name, and returns once it is written; secrets are hidden unless they ask otherwise. */
export async function report(settings: Settings, found: Finding[]): Promise<void> {
  const { redacted } = await import('./report/redact.ts')
  if (settings['write-baseline']) (await import('./baseline.ts')).writeBaseline(settings['write-baseline'], found)
  const { formatReport } = await import('./report/index.ts')
  const text = await formatReport(settings.format, found, settings['no-redact'] ? (finding) => finding : redacted, settings.template)
  if (settings.output) writeFileSync(settings.output, text, { mode: 0o600 })
  else await new Promise<void>((done, failed) => process.stdout.write(text, (error) => (error ? failed(error) : done())))
}
