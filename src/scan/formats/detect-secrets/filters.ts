// What detect-secrets leaves out by regular expressions (https://github.com/Yelp/detect-secrets#filters).
import { LinearPattern } from '../../linear/index.ts'
import { readable } from '../../match/text.ts'
import type { Part } from '../../setup.ts'
import { stringsIn, type Table } from '../shape.ts'

export interface Excluded {
  files: string[]
  lines: string[]
  secrets: string[]
}

const prefix = 'detect_secrets.filters.regex.should_exclude_'
const kinds = { file: 'files', line: 'lines', secret: 'secrets' } as const

/** The expressions that the filters of a baseline name. */
export function excludedBy(filters: Table[]): Excluded {
  const excluded: Excluded = { files: [], lines: [], secrets: [] }
  for (const filter of filters) {
    for (const kind of ['file', 'line', 'secret'] as const) {
      if (filter.path === prefix + kind) excluded[kinds[kind]].push(...stringsIn(filter, 'pattern'))
    }
  }
  return excluded
}

/** The filters of a baseline for the expressions. */
export const filtersOf = (excluded: Excluded): Table[] =>
  (['file', 'line', 'secret'] as const).filter((kind) => excluded[kinds[kind]].length > 0).map((kind) => ({ path: prefix + kind, pattern: excluded[kinds[kind]] }))

/** Leaves out what the expressions match anywhere. Throws ScanError for one that does not compile. */
export function excludePart(excluded: Excluded): Part {
  const [files, lines, secrets] = [excluded.files, excluded.lines, excluded.secrets].map((sources) => sources.map((source) => new LinearPattern(source))) as [LinearPattern[], LinearPattern[], LinearPattern[]]
  return {
    refuse: (finding, text, candidate) => {
      if (files.some((file) => file.test(finding.file)) || secrets.some((secret) => secret.test(finding.secret))) return true
      if (lines.length === 0) return false
      const line = readable(text.string.slice(text.lineStart(candidate.start), text.lineEnd(candidate.start)))
      return lines.some((pattern) => pattern.test(line))
    },
  }
}
