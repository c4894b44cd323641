// What a `.gitleaks.toml` and a `.gitleaksignore` change in a scan.
import type { Finding } from '../../finding.ts'
import { readable } from '../../match/text.ts'
import type { Part } from '../../setup.ts'
import { allows, type Allowlist, type Question } from './allowlist.ts'
import { loadConfiguration, type GitleaksConfiguration } from './configuration.ts'
import { GitleaksFinder } from './finder.ts'
import { isIgnored, readIgnored } from './ignore.ts'
import { isCalled } from './names.ts'

/**
 * The part of a scan that a configuration plays. Its rules stand in place of ours unless it extends the default ones;
 * `add` keeps ours in any case. Throws ScanError for what is wrong with the file.
 */
export async function gitleaksPart(file: string, add = false): Promise<Part> {
  return partOf(await loadConfiguration(file), add)
}

export function partOf(config: GitleaksConfiguration, add = false): Part {
  const lists = [...config.allowlists]
  const pending = new Map<string, Question>()
  const keyOf = (finding: Finding): string => `${finding.rule}\0${finding.fingerprint}\0${finding.file}`
  const rulesOf = (finding: Finding): Allowlist[] => {
    const exact = config.rules.get(finding.rule)
    if (exact) return exact.allowlists
    return [...config.rules.values()].filter((rule) => isCalled(finding.rule, rule.id)).flatMap((rule) => rule.allowlists)
  }
  const listsFor = (finding: Finding): Allowlist[] => [
    ...lists.filter((list) => list.rules.size === 0 || [...list.rules].some((id) => isCalled(finding.rule, id))).map((list) => ({ ...list, rules: new Set<string>() })),
    ...rulesOf(finding),
  ]
  return {
    replaces: !add && !config.useDefault && config.named,
    disabled: (id) => [...config.disabled].some((theirs) => isCalled(id, theirs)) && !config.rules.has(id),
    finders: [new GitleaksFinder(config)],
    refuse: (finding, text, candidate) => {
      const line = readable(text.string.slice(text.lineStart(candidate.matchStart), text.lineEnd(Math.max(candidate.matchEnd, candidate.end))))
      const asked = { rule: finding.rule, path: finding.file, secret: finding.secret, match: finding.match, line }
      const relevant = listsFor(finding)
      if (relevant.some((list) => allows(list, asked))) return true
      if (relevant.some((list) => list.commits.size > 0)) pending.set(keyOf(finding), asked)
      return false
    },
    finish: (findings) => findings.filter((finding) => {
      const asked = finding.commit && pending.get(keyOf(finding))
      return !asked || !listsFor(finding).some((list) => allows(list, { ...asked, commit: finding.commit!.id }))
    }),
  }
}

/** Leaves out what a `.gitleaksignore` names. */
export function ignorePart(text: string): Part {
  const ignored = readIgnored(text)
  return { finish: (findings) => findings.filter((finding) => !isIgnored(ignored, finding)) }
}
