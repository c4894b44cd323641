// `.strongroom-scan.yaml`: our own configuration of a scan.
//   prefixes: [acme_live_, crawbl_]      tokens of one's own begin with these
//   disable: [generic-password]          rules that stay silent
//   allow: { paths: [docs/**], fingerprints: [...], values: [...] }
import { matchesGlob } from 'node:path'
import { isTable, stringsIn, tableIn, type Table } from './formats/shape.ts'
import type { Rule } from './rule.ts'
import { ScanError } from './scan-error.ts'
import type { Part } from './setup.ts'
import { readText } from './text-file.ts'

const largest = 1 << 20
const shortestPrefix = 3
const known = new Set(['prefixes', 'disable', 'allow'])

/** The part that the file plays. Throws ScanError, naming it, for what is wrong with it. */
export async function ownPart(file: string): Promise<Part> {
  try {
    return await readOwn(readText(file))
  } catch (error) {
    throw error instanceof ScanError && !error.message.startsWith(file) ? new ScanError(`${file}: ${error.message}`) : error
  }
}

export async function readOwn(text: string): Promise<Part> {
  if (text.length > largest) throw new ScanError('the file is too large')
  const { parse } = await import('yaml')
  let value: unknown
  try {
    value = parse(text, { maxAliasCount: 100, logLevel: 'silent' })
  } catch {
    throw new ScanError('no valid YAML')
  }
  const table: Table = value === null || value === undefined ? {} : isTable(value) ? value : fail('must be a map')
  for (const key of Object.keys(table)) if (!known.has(key)) throw new ScanError(`"${key.slice(0, 40)}" is none of ${[...known].join(', ')}`)
  const allow = tableIn(table, 'allow') ?? {}
  const [paths, fingerprints, values] = [stringsIn(allow, 'paths'), new Set(stringsIn(allow, 'fingerprints')), new Set(stringsIn(allow, 'values'))]
  const disabled = new Set(stringsIn(table, 'disable'))
  return {
    rules: stringsIn(table, 'prefixes', 1000).map(prefixRule),
    disabled: (id) => disabled.has(id),
    refuse: (finding) => values.has(finding.secret) || paths.some((path) => matchesGlob(finding.file, path)),
    finish: (findings) => findings.filter((finding) => !fingerprints.has(finding.fingerprint)),
  }
}

const fail = (reason: string): never => {
  throw new ScanError(reason)
}

/** Finds what begins with the prefix and goes on for eight characters or more. */
function prefixRule(prefix: string): Rule {
  if (!/^[\x21-\x7e]{3,64}$/.test(prefix)) throw new ScanError(`a prefix needs ${shortestPrefix} to 64 visible ASCII characters`)
  const literal = prefix.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&')
  return {
    id: 'custom-prefix', about: `A token that begins with ${prefix}`, source: 'https://github.com/secret-scanning', keywords: [prefix.toLowerCase()],
    pattern: new RegExp(`(?<![A-Za-z0-9])${literal}[A-Za-z0-9_\\-+/=.]{7,250}[A-Za-z0-9_=]`), confidence: 'high', hits: [], misses: [],
  }
}
