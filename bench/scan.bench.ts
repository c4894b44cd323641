import { spawn, spawnSync } from 'node:child_process'
import { closeSync, copyFileSync, existsSync, mkdirSync, openSync, readFileSync, readSync, readdirSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Figure, type Options, atLeast, atMost, plain } from './figure.ts'
import { newFolder, removeFolder, root } from './process.ts'

export const about = 'the scanner: recall and false alarms on the open corpora, megabytes per processor second, history beside `git log -p`'

const corpora = join(root, '../shared/scan')
const scan = [join(root, 'bin/strongroom'), 'scan']

/** Other scanners, measured beside ours where this machine has them; the folder to scan comes last. */
const peers: Record<string, string[]> = {
  gitleaks: ['gitleaks', 'dir'],
  betterleaks: ['betterleaks', 'dir'],
  kingfisher: ['kingfisher', 'scan', '--no-validate'],
  trufflehog: ['trufflehog', 'filesystem', '--no-verification'],
  'detect-secrets': ['detect-secrets', 'scan', '--all-files'],
}

/** What each corpus should reach, in percent: least recall, most false alarms where they are real ones. */
const goals: Record<string, { recall: number; alarms?: number }> = {
  gitleaks: { recall: 95 }, betterleaks: { recall: 95 }, trufflehog: { recall: 85 }, 'detect-secrets': { recall: 85 },
  secretlint: { recall: 80 }, kingfisher: { recall: 75 }, creddata: { recall: 60, alarms: 1 },
}

/** Processor seconds of a command and its children; what it prints is dropped. */
function cpuOf(command: string[], cwd = root): number {
  const { stdout } = spawnSync('sh', ['-c', '"$@" >/dev/null 2>&1; times', 'sh', ...command], { cwd, encoding: 'utf8' })
  const [, user, system] = /\n(\d+m[\d.]+)s (\d+m[\d.]+)s/.exec(stdout)!
  const seconds = (text: string): number => Number(text.split('m')[0]) * 60 + Number(text.split('m')[1])
  return seconds(user!) + seconds(system!)
}

/** The most memory that a command held, in megabytes. */
async function peakOf(command: string[]): Promise<number> {
  const child = spawn(command[0]!, command.slice(1), { stdio: 'ignore' })
  let peak = 0
  const timer = setInterval(() => {
    try {
      peak = Math.max(peak, Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'))?.[1] ?? 0) / 1024)
    } catch {
      clearInterval(timer)
    }
  }, 10)
  await new Promise((done) => child.once('exit', done))
  clearInterval(timer)
  return peak
}

/** Of text: programs and images cost a scanner no more than a look. */
function megabytes(folder: string): number {
  let sum = 0
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name)
    if (entry.isFile() && isText(path)) sum += statSync(path).size
  }
  return sum / 1e6
}

const head = Buffer.alloc(8192)

function isText(path: string): boolean {
  const file = openSync(path, 'r')
  try {
    return !head.subarray(0, readSync(file, head)).includes(0)
  } finally {
    closeSync(file)
  }
}

const has = (program: string): boolean => spawnSync('sh', ['-c', `command -v ${program}`]).status === 0
const answer = (command: string[]): string => (has(command[0]!) ? spawnSync(command[0]!, command.slice(1), { encoding: 'utf8' }).stdout.trim() : '')
const least = (rounds: number, measure: () => number): number => Math.min(...Array.from({ length: rounds }, measure))

export async function run({ quick, scanners }: Options): Promise<Figure[]> {
  const folder = newFolder()
  try {
    return [...measureCorpora(folder), ...(await measureTrees(folder, quick ? 1 : 3, { ...peers, ...scanners })), ...measureHistory(quick ? 1 : 3), ...measureStart(folder, quick ? 5 : 15)]
  } finally {
    removeFolder(folder)
  }
}

function measureCorpora(folder: string): Figure[] {
  if (!existsSync(join(corpora, 'open.tar.gz')) || !has('python3')) return []
  spawnSync('tar', ['xzf', join(corpora, 'open.tar.gz'), '-C', folder])
  copyFileSync(join(corpora, 'score.py'), join(folder, 'score.py'))
  spawnSync(scan[0]!, [...scan.slice(1), 'corpora', '--format', 'json', '--no-redact', '--quiet', '--output', 'found.json'], { cwd: folder })
  const scores = JSON.parse(answer(['python3', join(folder, 'score.py'), join(folder, 'found.json'), '--json'])) as Record<string, { recall: number; fpr: number }>
  return Object.entries(scores).flatMap(([corpus, { recall, fpr }]) => {
    const goal = goals[corpus]
    const alarms = `${corpus}: false alarms`
    return [
      goal ? atLeast(`${corpus}: recall`, recall * 100, goal.recall, '%') : plain(`${corpus}: recall`, recall * 100, '%'),
      goal?.alarms === undefined ? plain(alarms, fpr * 100, '%') : atMost(alarms, fpr * 100, goal.alarms, '%'),
    ]
  })
}

interface Tree {
  name: string
  path: string
  /** Megabytes per processor second to reach, and what others made on a like tree of the machine that this was set on. */
  target: number
  others: Record<string, number>
}

/** The sources of the tools on this machine: the Go standard library, Python's packages, our own dependencies. */
function trees(): Tree[] {
  const go = answer(['go', 'env', 'GOROOT'])
  const python = answer(['python3', '-c', 'import sysconfig; print(sysconfig.get_paths()["stdlib"])'])
  const found: Tree[] = [
    { name: 'Go', path: join(go, 'src'), target: 80, others: { gitleaks: 5, trufflehog: 18, betterleaks: 47, kingfisher: 60 } },
    { name: 'Python', path: python, target: 110, others: { gitleaks: 4, trufflehog: 17, betterleaks: 52, kingfisher: 86 } },
    { name: 'JavaScript', path: join(root, 'node_modules'), target: 80, others: {} },
  ]
  return found.filter(({ path }) => path.startsWith('/') && existsSync(path))
}

/** Ours and the others by turns, so that a machine whose speed drifts treats them alike; the best round of each. */
async function measureTrees(folder: string, rounds: number, scanners: Record<string, string[]>): Promise<Figure[]> {
  const figures: Figure[] = []
  const commands = Object.entries({ ours: scan, ...scanners }).filter(([, command]) => has(command[0]!))
  for (const { name, path, target, others } of trees()) {
    const size = megabytes(path)
    const seconds = commands.map(() => Infinity)
    for (let round = 0; round < rounds; round++) {
      for (const [at, [, command]] of commands.entries()) seconds[at] = Math.min(seconds[at]!, cpuOf([...command, path], folder))
    }
    const own = size / seconds[0]!
    figures.push(atLeast(`${name}, ${size.toFixed(0)} MB of text: MB per processor second`, own, target, ''))
    figures.push(atMost(`${name}: peak memory`, await peakOf([...scan, path, '--quiet']), 200, 'MB'))
    for (const [at, [peer]] of commands.entries()) {
      if (at === 0) continue
      figures.push(plain(`${name}: ${peer}`, size / seconds[at]!, 'MB per processor second'))
      const before = others[peer]
      if (before !== undefined) figures.push(atLeast(`${name}: beside ${peer}`, (seconds[at]! * own) / size, Number((target / before).toFixed(2))))
    }
  }
  return figures
}

function measureHistory(rounds: number): Figure[] {
  if (!existsSync(join(root, '.git'))) return []
  const bare = least(rounds, () => cpuOf(['git', 'log', '-p', '--all']))
  const own = least(rounds, () => cpuOf([...scan, 'git', root, '--quiet']))
  return [plain('git log -p of this repository', bare, 's'), atMost('history beside git log -p', own / bare, 1)]
}

function measureStart(folder: string, rounds: number): Figure[] {
  const empty = join(folder, 'empty')
  mkdirSync(empty)
  const time = (args: string[], cwd: string): number => {
    const began = performance.now()
    spawnSync(scan[0]!, [...scan.slice(1), ...args], { cwd })
    return performance.now() - began
  }
  const git = (...args: string[]) => spawnSync('git', ['-c', 'user.name=a', '-c', 'user.email=a@example.com', ...args], { cwd: empty })
  git('init', '-q')
  writeFileSync(join(empty, 'a.ts'), 'const a = 1\n'.repeat(400))
  git('add', '.')
  git('commit', '-qm', 'a')
  writeFileSync(join(empty, 'a.ts'), 'const a = 2\n'.repeat(400))
  git('add', '.')
  return [
    atMost('start', least(rounds, () => time(['--help'], empty)), 80, 'ms'),
    atMost('staged scan of a small commit', least(rounds, () => time(['--staged'], empty)), 150, 'ms'),
  ]
}
