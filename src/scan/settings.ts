// What can be asked of a scan, as its command line says it.
import { statSync } from 'node:fs'
import { parseArgs } from 'node:util'
import type { Known } from './known/index.ts'

const options = {
  format: { type: 'string', short: 'f', default: 'text' },
  output: { type: 'string', short: 'o' },
  'no-redact': { type: 'boolean', default: false },
  'exit-code': { type: 'string', default: '1' },
  template: { type: 'string' },
  config: { type: 'string' },
  'no-config': { type: 'boolean', default: false },
  baseline: { type: 'string' },
  'write-baseline': { type: 'string' },
  'fingerprint-key': { type: 'string' },
  update: { type: 'string' },
  known: { type: 'string' },
  'known-key': { type: 'string' },
  endpoint: { type: 'string' },
  limit: { type: 'string' },
  verify: { type: 'boolean', default: false },
  'verify-endpoint': { type: 'string', multiple: true },
  'verify-allow': { type: 'string', multiple: true },
  image: { type: 'string', multiple: true },
  archives: { type: 'string' },
  binary: { type: 'boolean', default: false },
  gitignore: { type: 'boolean', default: false },
  rules: { type: 'string', multiple: true },
  staged: { type: 'boolean', default: false },
  unstaged: { type: 'boolean', default: false },
  range: { type: 'string' },
  cache: { type: 'string' },
  since: { type: 'string' },
  strict: { type: 'boolean', default: false },
  threads: { type: 'string' },
  quiet: { type: 'boolean', short: 'q', default: false },
  help: { type: 'boolean', short: 'h', default: false },
} as const

type Parsed = ReturnType<typeof parse>['values']
/** What was asked for; what was not is undefined unless it has a default. */
export type Settings = { [Name in keyof Parsed]: Parsed[Name] | (object extends Pick<Parsed, Name> ? undefined : never) } & { fetched?: Known }
/** Reads the arguments of `scan`; throws for what is none. `--known` without a file is the empty text: the store is asked. */
export const parse = (argv: string[]) => parseArgs({ args: argv.map((word, at) => (word === '--known' && !isFile(argv[at + 1]) ? '--known=' : word)), options, allowPositionals: true })

/** Whether the word names a file of fingerprints: an option does not, and a folder is what is to be scanned. */
const isFile = (word: string | undefined): word is string => word !== undefined && !word.startsWith('-') && statSync(word, { throwIfNoEntry: false })?.isDirectory() !== true
