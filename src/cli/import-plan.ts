// What an import writes: secrets by path, and how the store differs from them.
import type { Client } from './api.ts'
import type { Data } from '../sdk/secret.ts'
import { formatJson } from './json.ts'
import { resolveKv } from './kv-mount.ts'
import type { Output } from './output.ts'
import { trimmed } from './path.ts'
import { UsageError } from './usage.ts'

export interface Incoming {
  /** With the mount: `secret/my-app`. */
  path: string
  data: Data
}

export type Verdict = 'new' | 'changed' | 'unchanged' | 'kept' | 'failed'

export interface ReportLine {
  path: string
  verdict: Verdict
  keys: string[]
  error?: string
}

export interface Manner {
  dryRun: boolean
  /** Write over secrets that differ; otherwise they are kept. */
  overwrite: boolean
}

/** Writes what is new (and, if asked, what differs), and says of each secret what happened or would. */
export async function importAll(client: Client, incoming: AsyncIterable<Incoming> | Iterable<Incoming>, manner: Manner): Promise<ReportLine[]> {
  const report: ReportLine[] = []
  for await (const { path, data } of incoming) {
    const keys = Object.keys(data).sort()
    try {
      report.push({ path, keys, verdict: await importOne(client, path, data, manner) })
    } catch (error) {
      report.push({ path, keys, verdict: 'failed', error: (error as Error).message })
    }
  }
  return report
}

async function importOne(client: Client, path: string, data: Data, manner: Manner): Promise<Verdict> {
  const at = await resolveKv(client, path)
  const stored = await client.read(at.at('data'))
  const present = (at.version === 2 ? stored?.data?.data : stored?.data) as Data | null | undefined
  if (present && formatJson(present) === formatJson(data)) return 'unchanged'
  if (present && !manner.overwrite) return 'kept'
  const cas = Number((stored?.data?.metadata as Data | undefined)?.version ?? 0)
  if (!manner.dryRun) await client.write(at.at('data'), at.version === 2 ? { data, options: { cas } } : data)
  return present ? 'changed' : 'new'
}

export async function printReport(out: Output, report: readonly ReportLine[], { dryRun }: Manner): Promise<number> {
  const failed = report.filter(({ verdict }) => verdict === 'failed').length
  if (!out.isTable) await out.structured({ dry_run: dryRun, secrets: report })
  else {
    if (report.length > 0) out.rows(['Path', 'Result', 'Keys'], report.map(({ path, verdict, keys, error }) => [path, verdict, error ?? keys.join(', ')]))
    const count = (verdict: Verdict): number => report.filter((line) => line.verdict === verdict).length
    const kept = count('kept')
    out.line(`\n${dryRun ? 'Would write' : 'Wrote'} ${count('new') + count('changed')} of ${report.length} secrets; ${count('unchanged')} unchanged, ${kept} kept, ${failed} failed.`)
    if (kept > 0) out.line('What differs is kept: use -overwrite to write over it.')
  }
  return failed > 0 ? 2 : 0
}

/** `NAME=value` lines as shells and dotenv read them: comments, `export`, quotes, escapes in double quotes, values over lines. */
export function parseDotenv(text: string): Data {
  const data: Data = {}
  const assignment = /^[ \t]*(?:export[ \t]+)?([A-Za-z_][\w.-]*)[ \t]*=[ \t]*(?:'([^']*)'|"((?:\\[\s\S]|[^"\\])*)"|([^\n#]*?))[ \t]*(?:#[^\n]*)?$/
  const lines = text.replace(/^\uFEFF/, '').replaceAll('\r\n', '\n').split('\n')
  for (let at = 0; at < lines.length; at++) {
    let line = lines[at]!
    const first = at + 1
    if (/^\s*(#|$)/.test(line)) continue
    while (open(line) && at + 1 < lines.length) line += `\n${lines[++at]!}`
    const found = assignment.exec(line)
    if (!found) throw new UsageError(`line ${first} is not NAME=value`)
    const [, name = '', single, double, plain = ''] = found
    data[name] = single ?? (double === undefined ? plain : unescape(double))
  }
  return data
}

/** Whether a quote that a value begins with is not closed yet. */
function open(line: string): boolean {
  const quoted = /^[^=]*=[ \t]*(['"])([\s\S]*)$/.exec(line)
  if (!quoted) return false
  return quoted[1] === "'" ? !quoted[2]!.includes("'") : !/^(?:\\[\s\S]|[^"\\])*"/.test(quoted[2]!)
}

const controls: Record<string, string> = { n: '\n', r: '\r', t: '\t' }
const unescape = (text: string): string => text.replace(/\\([\s\S])/g, (_all, char: string) => controls[char] ?? char)

/** An object whose values are objects is a folder; one with other values is a secret. */
export function* flatten(tree: Data, prefix: string): Generator<Incoming> {
  const own: Data = {}
  for (const [key, value] of Object.entries(tree)) {
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) yield* flatten(value as Data, `${prefix}/${trimmed(key)}`)
    else own[key] = value
  }
  if (Object.keys(own).length > 0) yield { path: prefix, data: own }
}
