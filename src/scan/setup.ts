// What configurations and baselines change in a scan, each as one part; a scan is set up from the parts that its settings name.
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { Finding } from './finding.ts'
import type { Known } from './known/index.ts'
import type { Candidate } from './match/candidate.ts'
import type { Finder, Refuse } from './match/finder.ts'
import type { Text } from './match/text.ts'
import { published } from './published.ts'
import type { Rule } from './rule.ts'
import { ScanError } from './scan-error.ts'
import { readText } from './text-file.ts'

export interface Part {
  /** Its rules stand in place of those of the house. */
  replaces?: boolean
  /** Rules of the house that it switches off. */
  disabled?(id: string): boolean
  /** Rules beside those of the house. */
  rules?: Rule[]
  finders?: Finder[]
  refuse?: Refuse
  /** Has the last word on what is reported. */
  finish?(findings: Finding[]): Finding[] | Promise<Finding[]>
}

export interface Setup {
  /** Whether rules and detectors of the house take part. */
  builtin: boolean
  disabled(id: string): boolean
  rules: Rule[]
  finders: Finder[]
  refuse: Refuse
  finish(findings: Finding[]): Promise<Finding[]>
}

/** The settings that name configurations and baselines. */
export interface SetupSettings {
  config?: string | undefined
  baseline?: string | undefined
  /** Fingerprints of the secrets of a store, as the store gives them; the key to them is in a file of its own. */
  known?: string | undefined
  'known-key'?: string | undefined
  /** What the store gave for this scan, where `known` names no file. */
  fetched?: Known | undefined
  /** Also what lies in the working directory under a name that its scanner looks for. */
  discover?: boolean | undefined
  /** Told of what was discovered but does not hold; what was named must hold. */
  warn?: ((path: string, reason: string) => void) | undefined
  /** Where that is; default: the working directory. */
  root?: string | undefined
  /** A file with the key that fingerprints are made with. */
  'fingerprint-key'?: string | undefined
}

/** Sets a scan up from what the settings name and the parts besides. Throws ScanError for a configuration that does not hold. */
export async function prepare(settings: SetupSettings, extra: Part[] = []): Promise<Setup> {
  const parts = [...(await partsOf(settings)), ...extra]
  const refusing = parts.flatMap((part) => (part.refuse ? [part.refuse] : []))
  return {
    builtin: !parts.some((part) => part.replaces),
    disabled: (id) => parts.some((part) => part.disabled?.(id)),
    rules: parts.flatMap((part) => part.rules ?? []),
    finders: parts.flatMap((part) => part.finders ?? []),
    refuse: (finding, text, candidate) => published.has(finding.fingerprint) || isOfBaseline(text, candidate) || refusing.some((refuse) => refuse(finding, text, candidate)),
    finish: async (findings) => {
      for (const part of parts) if (part.finish) findings = await part.finish(findings)
      return findings
    },
  }
}

/** Digests in baselines look like secrets. */
const isOfBaseline = (text: Text, candidate: Candidate): boolean =>
  /"(?:hashed_secret|fingerprint)": *"[\da-f]{32,40}"/.test(text.string.slice(text.lineStart(candidate.start), text.lineEnd(candidate.end)))

async function partsOf(settings: SetupSettings): Promise<Part[]> {
  const root = settings.root ?? '.'
  const parts: Part[] = []
  const found = (name: string): string | null => (settings.discover && existsSync(join(root, name)) ? join(root, name) : null)
  const own = isOwn(settings.config) ? settings.config : found('.strongroom-scan.yaml')
  if (own) parts.push(await (await import('./own-configuration.ts')).ownPart(own))
  const config = isOwn(settings.config) ? undefined : (settings.config ?? found('.gitleaks.toml'))
  if (config) {
    try {
      parts.push(await (await import('./formats/gitleaks/index.ts')).gitleaksPart(config, settings.config === undefined))
    } catch (error) {
      if (!(error instanceof ScanError) || settings.config !== undefined) throw error
      settings.warn?.(config, error.message.replace(`${config}: `, ''))
    }
  }
  const ignored = found('.gitleaksignore')
  if (ignored) parts.push((await import('./formats/gitleaks/index.ts')).ignorePart(readText(ignored)))
  if (settings['fingerprint-key']) parts.push((await import('./baseline.ts')).keyPart(settings['fingerprint-key']))
  if (settings.fetched) parts.push((await import('./known/index.ts')).fetchedPart(settings.fetched))
  else if (settings.known !== undefined || settings['known-key']) parts.push((await import('./known/index.ts')).knownPart(settings.known, settings['known-key']))
  if (settings.baseline) parts.push(await (await import('./baseline.ts')).baselinePart(settings.baseline))
  return parts
}

const isOwn = (file: string | undefined): file is string => file !== undefined && /\.ya?ml$/.test(file)
