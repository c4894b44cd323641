// Reads `.gitleaks.toml` (https://github.com/gitleaks/gitleaks#configuration): rules, allow lists, and what it extends.
import { readFileSync, statSync } from 'node:fs'
import { dirname, isAbsolute, join, resolve } from 'node:path'
import { LinearPattern } from '../../linear/index.ts'
import { ScanError } from '../../scan-error.ts'
import { booleanIn, isTable, numberIn, stringIn, stringsIn, tableIn, tablesIn, type Table } from '../shape.ts'
import { readAllowlist, type Allowlist } from './allowlist.ts'

export interface Required {
  id: string
  withinLines: number | undefined
  withinColumns: number | undefined
}

export interface GitleaksRule {
  id: string
  description: string
  regex: LinearPattern | null
  path: LinearPattern | null
  /** Lower case. */
  keywords: string[]
  entropy: number
  /** 0: not said. */
  secretGroup: number
  allowlists: Allowlist[]
  required: Required[]
  skipReport: boolean
}

export interface GitleaksConfiguration {
  rules: Map<string, GitleaksRule>
  allowlists: Allowlist[]
  /** Whether it names rules at all, switched off or not. */
  named: boolean
  /** Whether the rules of the house count as well. */
  useDefault: boolean
  disabled: Set<string>
}

const largest = 4 << 20
const deepest = 3

/** Throws ScanError, naming the file, for whatever is wrong with it. */
export async function loadConfiguration(file: string, depth = 0): Promise<GitleaksConfiguration> {
  let text
  try {
    if (statSync(file).size > largest) throw new ScanError('the file is too large')
    text = readFileSync(file, 'utf8')
  } catch (error) {
    if (error instanceof ScanError) throw error
    throw new ScanError(`${file}: ${(error as NodeJS.ErrnoException).code ?? 'cannot be read'}`)
  }
  try {
    const { config, extendPath } = await readConfiguration(text)
    if (extendPath === undefined) return config
    if (depth === deepest) throw new ScanError(`configurations extend each other deeper than ${deepest}`)
    return merge(config, await loadConfiguration(isAbsolute(extendPath) ? extendPath : findBase(file, extendPath), depth + 1))
  } catch (error) {
    if (error instanceof ScanError && !error.message.startsWith(file)) throw new ScanError(`${file}: ${error.message}`)
    throw error
  }
}

/** A relative path counts from the working directory, as gitleaks takes it, or else from the file that names it. */
function findBase(file: string, path: string): string {
  const here = resolve(path)
  try {
    statSync(here)
    return here
  } catch {
    return join(dirname(file), path)
  }
}

/** The configuration of a text, and the path of another that it extends. */
export async function readConfiguration(text: string): Promise<{ config: GitleaksConfiguration; extendPath: string | undefined }> {
  const { parse } = await import('smol-toml')
  let table: Table
  try {
    table = parse(text) as Table
  } catch (error) {
    const { line } = error as { line?: number }
    throw new ScanError(`no valid TOML${line === undefined ? '' : `, line ${line}`}`)
  }
  const extend = tableIn(table, 'extend') ?? {}
  if (stringIn(extend, 'url')) throw new ScanError('extend.url is not supported: name a path')
  const useDefault = booleanIn(extend, 'useDefault')
  const extendPath = stringIn(extend, 'path') || undefined
  const config: GitleaksConfiguration = {
    rules: new Map(),
    named: Object.hasOwn(table, 'rules'),
    allowlists: allowlistsIn(table),
    useDefault,
    disabled: new Set(stringsIn(extend, 'disabledRules')),
  }
  for (const one of tablesIn(table, 'rules', 5000)) {
    const rule = readRule(one)
    if (config.rules.has(rule.id)) throw new ScanError(`rule ${rule.id} stands twice`)
    config.rules.set(rule.id, rule)
  }
  for (const list of config.allowlists) list.rules.forEach((id) => void config.rules.get(id)?.allowlists.push({ ...list, rules: new Set() }))
  return { config, extendPath }
}

const allowlistsIn = (table: Table): Allowlist[] => [...tablesIn(table, 'allowlist'), ...tablesIn(table, 'allowlists')].map(readAllowlist)

function readRule(table: Table): GitleaksRule {
  const id = stringIn(table, 'id')
  if (!id || id.length > 200) throw new ScanError('a rule has no id')
  try {
    const regex = stringIn(table, 'regex')
    const path = stringIn(table, 'path')
    return {
      id,
      description: stringIn(table, 'description') ?? '',
      regex: regex ? new LinearPattern(regex) : null,
      path: path ? new LinearPattern(path) : null,
      keywords: stringsIn(table, 'keywords').map((word) => word.toLowerCase()).filter((word) => word !== ''),
      entropy: numberIn(table, 'entropy') ?? 0,
      secretGroup: numberIn(table, 'secretGroup') ?? 0,
      allowlists: allowlistsIn(table),
      required: requiredIn(table),
      skipReport: booleanIn(table, 'skipReport'),
    }
  } catch (error) {
    throw error instanceof ScanError ? new ScanError(`rule ${id}: ${error.message}`) : error
  }
}

function requiredIn(table: Table): Required[] {
  return tablesIn(table, 'required').map((one) => {
    const id = stringIn(one, 'id')
    if (!isTable(one) || !id) throw new ScanError('a required rule has no id')
    return { id, withinLines: numberIn(one, 'withinLines'), withinColumns: numberIn(one, 'withinColumns') }
  })
}

/** The configuration with what it extends below it: its own fields win, lists are joined. */
function merge(config: GitleaksConfiguration, base: GitleaksConfiguration): GitleaksConfiguration {
  const disabled = new Set([...config.disabled, ...base.disabled])
  const rules = new Map([...base.rules].filter(([id]) => !config.disabled.has(id)))
  for (const [id, rule] of config.rules) {
    const below = rules.get(id)
    rules.set(id, below ? mergeRule(rule, below) : rule)
  }
  return { rules, disabled, named: config.named || base.named, useDefault: config.useDefault || base.useDefault, allowlists: [...config.allowlists, ...base.allowlists] }
}

function mergeRule(rule: GitleaksRule, below: GitleaksRule): GitleaksRule {
  return {
    id: rule.id,
    description: rule.description || below.description,
    regex: rule.regex ?? below.regex,
    path: rule.path ?? below.path,
    keywords: [...new Set([...rule.keywords, ...below.keywords])],
    entropy: rule.entropy || below.entropy,
    secretGroup: rule.secretGroup || below.secretGroup,
    allowlists: [...rule.allowlists, ...below.allowlists],
    required: [...rule.required, ...below.required],
    skipReport: rule.skipReport || below.skipReport,
  }
}
