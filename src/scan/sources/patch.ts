// Reads patches: what `git diff`, `git log -p` and `git format-patch` write. Of each file the new side is scanned, hunk
// by hunk with its context, and only findings in added lines are reported.
import type { Finding } from '../finding.ts'
import type { Scanner } from '../match/scanner.ts'
import { Text } from '../match/text.ts'
import { viewOf } from './view.ts'

const hunkLimit = 1 << 20

/** Whether a text begins like a patch. */
export const isPatch = (head: string): boolean => /^(?:diff --git |--- (?:a\/|\/dev\/null|\S+\t)|Index: )/m.test(head) && (/^\+\+\+ /m.test(head) || /^diff --git /m.test(head))

/** Takes a patch line by line; `end` gives what is left. Findings name the new path and the line in the new file. */
export class PatchScanner {
  readonly #scanner: Scanner
  readonly #found: (finding: Finding) => void
  #path = ''
  #commit = ''
  #author = ''
  #date = ''
  #lines: string[] = []
  #added: boolean[] = []
  #size = 0
  #first = 1
  #next = 1
  #left = 0

  constructor(scanner: Scanner, found: (finding: Finding) => void) {
    this.#scanner = scanner
    this.#found = found
  }

  /** One line as Latin-1, without its end. */
  line(line: string): void {
    const mark = line[0]
    if (this.#left > 0 && (mark === '+' || mark === ' ' || mark === '-' || line === '')) {
      if (mark === '-') return
      this.#left--
      this.#keep(line.slice(1), mark === '+')
      return
    }
    this.#header(line)
  }

  end(): void {
    this.#flush()
  }

  #header(line: string): void {
    const hunk = /^@@ -\d+(?:,\d+)? \+(\d+)(?:,(\d+))? @@/.exec(line)
    if (hunk) {
      this.#flush()
      this.#first = this.#next = Number(hunk[1])
      this.#left = hunk[2] === undefined ? 1 : Number(hunk[2])
    } else if (line.startsWith('+++ ')) {
      this.#flush()
      this.#path = pathOf(line.slice(4))
    } else if (line.startsWith('diff --git ')) this.#flush()
    else if (/^(?:commit|From) [\da-f]{40,64}\b/.test(line)) {
      this.#flush()
      this.#commit = line.split(' ')[1]!
    } else if (/^(?:Author|From): /.test(line)) this.#author = line.slice(line.indexOf(' ') + 1)
    else if (line.startsWith('Date: ')) this.#date = line.slice(5).trim()
  }

  #keep(text: string, added: boolean): void {
    this.#lines.push(text)
    this.#added.push(added)
    this.#next++
    this.#size += text.length + 1
    if (this.#size > hunkLimit) this.#flush()
  }

  #flush(): void {
    if (this.#added.includes(true)) {
      const text = new Text(viewOf(this.#path, Buffer.from(this.#lines.join('\n'), 'latin1')))
      for (const finding of this.#scanner.scan(text, { path: this.#path }, this.#first - 1)) {
        const from = finding.line - this.#first
        if (!this.#added.slice(from, finding.endLine - this.#first + 1).includes(true)) continue
        this.#found(this.#commit === '' ? finding : { ...finding, commit: this.#describe() })
      }
    }
    this.#lines = []
    this.#added = []
    this.#size = 0
    this.#first = this.#next
  }

  #describe(): NonNullable<Finding['commit']> {
    const author = /^(.*?)\s*<([^>]*)>/.exec(this.#author)
    return { id: this.#commit, author: author?.[1] ?? this.#author, email: author?.[2] ?? '', date: this.#date, message: '' }
  }
}

/** The path of a `+++` line: without `b/`, time stamp and quotes. */
function pathOf(text: string): string {
  const path = text.replace(/\t.*$/, '').replace(/\r$/, '')
  const plain = path.startsWith('"') ? unquote(path) : path
  return Buffer.from(plain.replace(/^(?:b|w|i|c)\//, ''), 'latin1').toString('utf8')
}

const escapes: Record<string, string> = { n: '\n', t: '\t', '"': '"', '\\': '\\' }
const unquote = (text: string): string =>
  text.slice(1, -1).replace(/\\(?:([0-7]{3})|(.))/g, (_, octal?: string, letter?: string) => (octal ? String.fromCharCode(parseInt(octal, 8)) : (escapes[letter!] ?? letter!)))
