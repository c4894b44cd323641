// strongroom audit verify, tail, search: over files of audit lines, where they lie.
import { createReadStream, existsSync, readFileSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { command, flag } from '../command.ts'
import type { FlagValues } from '../command.ts'
import type { Output } from '../output.ts'
import { UsageError } from '../usage.ts'

/** The lines of files one after another; `-` is standard input. */
async function* linesOf(files: readonly string[], input: () => AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  for (const file of files) {
    if (file !== '-' && !existsSync(file)) throw new UsageError(`${file}: no such file`)
    const source = file === '-' ? (await import('node:stream')).Readable.from(input()) : createReadStream(file)
    yield* createInterface({ input: source, crlfDelay: Infinity })
  }
}

interface Entry {
  time?: string
  type?: string
  error?: string
  auth?: { display_name?: string; policies?: string[]; accessor?: string; entity_id?: string }
  request?: { operation?: string; path?: string; remote_address?: string; id?: string }
}

function read(line: string): Entry | null {
  try {
    return JSON.parse(line.slice(line.indexOf('{'))) as Entry
  } catch {
    return null
  }
}

/** One entry in one line: time, type, operation, path, who, from where, error. */
function brief({ time = '', type = '', auth, request, error }: Entry): string {
  const parts = [time.slice(0, 23), type.padEnd(8), (request?.operation ?? '').padEnd(6), request?.path ?? '', auth?.display_name || '-', request?.remote_address ?? '', error ? `error: ${error}` : '']
  return parts.filter((part) => part !== '').join('  ')
}

const print = (out: Output, line: string, entry: Entry | null): void => out.line(out.format === 'json' || entry === null ? line : brief(entry))

const searchFlags = {
  path: flag.text('Path; `*` stands for any text.'),
  operation: flag.text('read, create, update, patch, delete, list.'),
  who: flag.text('Display name, accessor or entity id of the caller.'),
  remote: flag.text('Address of the client.'),
  type: flag.text('request or response.', { words: ['request', 'response'] }),
  since: flag.text('Not before this time (RFC 3339).'),
  until: flag.text('Not after this time.'),
  errors: flag.boolean('Only what failed.'),
  'request-id': flag.text('Id of the request.'),
  value: flag.text('Where a secret value occurs, by its hash; only "-" (standard input). Needs -device.'),
  device: flag.text('Audit device whose hash to ask the server for.'),
  limit: flag.integer('Most lines to print.', { default: 1000 }),
}

type Test = (entry: Entry, line: string) => boolean

function tests({ path, operation, who, remote, type, 'request-id': id, since, until, errors }: FlagValues<typeof searchFlags>, hash: string | undefined): Test[] {
  const found: Test[] = []
  if (path !== undefined) {
    const pieces = path.split('*')
    found.push(({ request }) => fits(request?.path ?? '', pieces))
  }
  if (operation !== undefined) found.push(({ request }) => request?.operation === operation)
  if (who !== undefined) found.push(({ auth }) => [auth?.display_name, auth?.accessor, auth?.entity_id].includes(who))
  if (remote !== undefined) found.push(({ request }) => request?.remote_address === remote)
  if (type !== undefined) found.push((entry) => entry.type === type)
  if (id !== undefined) found.push(({ request }) => request?.id === id)
  const [earliest, latest] = [moment(since), moment(until)]
  if (earliest !== undefined) found.push(({ time }) => Date.parse(time ?? '') >= earliest)
  if (latest !== undefined) found.push(({ time }) => Date.parse(time ?? '') <= latest)
  if (errors) found.push(({ error }) => Boolean(error))
  if (hash !== undefined) found.push((_entry, line) => line.includes(hash))
  return found
}

function moment(text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  const at = Date.parse(text)
  if (Number.isNaN(at)) throw new UsageError(`"${text}" is not a time such as 2030-01-31T12:00:00Z`)
  return at
}

/** Whether the pieces occur in order, the first at the start and the last at the end. */
function fits(text: string, pieces: readonly string[]): boolean {
  const last = pieces.at(-1)!
  if (pieces.length === 1) return text === last
  if (!text.startsWith(pieces[0]!) || text.length < pieces[0]!.length + last.length || !text.endsWith(last)) return false
  let at = pieces[0]!.length
  for (const piece of pieces.slice(1, -1)) {
    const next = text.indexOf(piece, at)
    if (next < 0) return false
    at = next + piece.length
  }
  return at <= text.length - last.length
}

export const commands = [
  command({
    name: 'audit verify',
    about: 'Prove that no line of an audit log was altered, dropped or reordered',
    takes: 'FILE...',
    arity: [1, Infinity],
    local: true,
    detail: 'Give rotated files oldest first. With the public key of the server the signatures are checked too: then nobody else can have written the file. The exit code is 0 when all is well, 1 when it is not.',
    flags: { 'public-key': flag.text("File with the server's public key in PEM.") },
    async run({ args, flags, out, shell }) {
      const { verifyAudit } = await import('../../core/audit/verify.ts')
      const key = flags['public-key']
      const report = await verifyAudit(linesOf(args, shell.input), key === undefined ? {} : { publicKey: readFileSync(key, 'utf8') })
      if (!out.isTable) await out.structured(report)
      else {
        out.line(`${report.ok ? 'Intact' : 'NOT intact'}: ${report.lines} lines, ${report.entries} entries, ${report.writers.length} writers${report.authenticated ? ', signatures checked' : ''}`)
        for (const { line, through, kind, message, writer } of report.problems) out.line(`${through === undefined ? `line ${line}` : `lines ${line} to ${through}`}: ${kind}: ${message}${writer === undefined ? '' : ` (writer ${writer})`}`)
        for (const note of report.notes) out.line(`note: ${note}`)
      }
      return report.ok ? 0 : 1
    },
  }),
  command({
    name: 'audit tail',
    about: 'Print the last entries of an audit log',
    takes: 'FILE',
    arity: [1, 1],
    local: true,
    flags: { lines: flag.integer('How many.', { default: 20, aliases: ['n'] }), follow: flag.boolean('Go on with what comes.', { aliases: ['f'] }) },
    async run({ args, flags, out, shell }) {
      const last: string[] = []
      for await (const line of linesOf(args, shell.input)) {
        last.push(line)
        if (last.length > Math.max(0, flags.lines)) last.shift()
      }
      for (const line of last) print(out, line, read(line))
      if (flags.follow) await (await import('../follow.ts')).follow(args[0]!, (line) => print(out, line, read(line)))
      return 0
    },
  }),
  command({
    name: 'audit search',
    about: 'Find entries of an audit log',
    takes: 'FILE...',
    arity: [1, Infinity],
    examples: [
      ['Who read a secret?', "audit search -path='secret/data/my-app' -operation=read -type=response audit.log"],
      ['Where does a leaked value occur?', 'audit search -value=- -device=file audit.log < value'],
    ],
    flags: searchFlags,
    doing: () => 'searching',
    async run({ args, flags, out, shell, client }) {
      let hash: string | undefined
      if (flags.value !== undefined) {
        if (flags.value !== '-' || flags.device === undefined) throw new UsageError('-value takes "-" (the value comes on standard input), and needs -device')
        const input = (await shell.readInput()).replace(/\r?\n$/, '')
        const answer = await client.write(`sys/audit-hash/${flags.device}`, { input })
        hash = String(answer!.data!.hash)
      }
      const wanted = tests(flags, hash)
      let count = 0
      for await (const line of linesOf(args, shell.input)) {
        const entry = read(line)
        if (entry === null || !wanted.every((test) => test(entry, line))) continue
        print(out, line, entry)
        if (++count >= flags.limit) break
      }
      return count > 0 ? 0 : 1
    },
  }),
]
