// What a `.secrets.baseline` changes in a scan.
import type { Part } from '../../setup.ts'
import type { Table } from '../shape.ts'
import { holds, readBaseline } from './baseline.ts'
import { excludedBy, excludePart } from './filters.ts'

/** Leaves out what the baseline holds, and what its filters exclude. */
export function baselinePart(value: Table): Part {
  const baseline = readBaseline(value)
  return { ...excludePart(excludedBy(baseline.filters_used)), finish: (findings) => findings.filter((finding) => !holds(baseline, finding.file, finding.secret)) }
}
