// Reports of one's own: `{{#findings}} … {{/findings}}` repeats, `{{name}}` puts a field in, `{{{name}}}` as well but without
// escaping for HTML, `{{^findings}} … {{/findings}}` stands when there are none (a small part of Mustache, https://mustache.github.io).
import { readFileSync, statSync } from 'node:fs'
import type { Finding } from '../finding.ts'
import { ScanError } from '../scan-error.ts'
import { toRecord } from './json.ts'

const largest = 1 << 20
const marks: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' }

/** Throws ScanError for a file that cannot be read or a section that does not end. */
export function formatTemplate(file: string, findings: Finding[]): string {
  let template
  try {
    if (statSync(file).size > largest) throw new ScanError('too large')
    template = readFileSync(file, 'utf8')
  } catch (error) {
    throw new ScanError(`${file}: ${(error as NodeJS.ErrnoException).code ?? (error as Error).message}`)
  }
  return render(template, { count: findings.length, findings: findings.map(toRecord) })
}

type Fields = Record<string, unknown>

/** The template filled with the fields; unknown names stand for nothing. */
export function render(template: string, fields: Fields, outer: Fields = {}): string {
  const all: Fields = Object.assign(Object.create(null), outer, fields)
  let text = ''
  let at = 0
  for (const tag of template.matchAll(/\{\{\{([^{}]{0,200})\}\}\}|\{\{([#^/&!]?)([^{}]{0,200})\}\}/g)) {
    if (tag.index < at) continue
    text += template.slice(at, tag.index)
    at = tag.index + tag[0].length
    const [, raw, mark, inside = ''] = tag
    const name = inside.trim()
    if (raw !== undefined) text += show(all[raw.trim()])
    else if (mark === '#' || mark === '^') {
      const close = endOf(template, name, at)
      const inner = template.slice(at, close.from)
      at = close.to
      const value = all[name]
      const rows = Array.isArray(value) ? value : value ? [value] : []
      if (mark === '#') text += rows.map((row: unknown) => render(inner, typeof row === 'object' && row !== null ? (row as Fields) : {}, all)).join('')
      else if (rows.length === 0) text += render(inner, {}, all)
    } else if (mark === '/') throw new ScanError(`template: {{/${name.slice(0, 40)}}} ends nothing`)
    else if (mark === '&') text += show(all[name])
    else if (mark === '') text += show(all[name]).replace(/[&<>"']/g, (character) => marks[character]!)
  }
  return text + template.slice(at)
}

const show = (value: unknown): string => (value === undefined || value === null ? '' : typeof value === 'object' ? JSON.stringify(value) : String(value))

function endOf(template: string, name: string, from: number): { from: number; to: number } {
  let depth = 1
  const tags = /\{\{([#^/])([^{}]{0,200})\}\}/g
  tags.lastIndex = from
  for (let tag = tags.exec(template); tag !== null; tag = tags.exec(template)) {
    if (tag[2]!.trim() !== name) continue
    depth += tag[1] === '/' ? -1 : 1
    if (depth === 0) return { from: tag.index, to: tag.index + tag[0].length }
  }
  throw new ScanError(`template: {{#${name.slice(0, 40)}}} does not end`)
}
