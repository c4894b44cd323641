// What `.gitignore` files leave out (https://git-scm.com/docs/gitignore): each counts below its folder, the deeper before the
// higher, and in one file the last line that fits.
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join, relative, resolve, sep } from 'node:path'

interface Line {
  fits: RegExp
  keeps: boolean
  folders: boolean
}

/** Stars of one pattern; more would only serve to slow the matching down. */
const mostStars = 16

function readLine(text: string): Line | null {
  let pattern = text.replace(/(?<!\\)[ \t\r]+$/, '')
  if (pattern === '' || pattern.startsWith('#')) return null
  const keeps = pattern.startsWith('!')
  if (keeps) pattern = pattern.slice(1)
  const folders = pattern.endsWith('/')
  if (folders) pattern = pattern.slice(0, -1)
  const anchored = pattern.includes('/')
  if (pattern.startsWith('/')) pattern = pattern.slice(1)
  if ((pattern.match(/\*/g)?.length ?? 0) > mostStars) return null
  try {
    return { fits: new RegExp(`^${anchored ? '' : '(?:.*/)?'}${sourceOf(pattern)}$`), keeps, folders }
  } catch {
    return null
  }
}

function sourceOf(pattern: string): string {
  return pattern.replace(/^\*\*\/|\/\*\*$|\/\*\*\/|\*+|\?|\[[^\]/]+\]|\\.|[^*?[\\/]+|[[\\/]/g, (part) => {
    if (part === '**/') return '(?:.*/)?'
    if (part === '/**') return '/.*'
    if (part === '/**/') return '/(?:.*/)?'
    if (part.startsWith('*')) return '[^/]*'
    if (part === '?') return '[^/]'
    if (part.length > 2 && part.startsWith('[')) return part.replace(/^\[!/, '[^').replaceAll('\\', '\\\\')
    return (part.startsWith('\\') ? part.slice(1) : part).replace(/[.*+?^${}()|[\]\\/]/g, '\\$&')
  })
}

/** Answers whether a path is left out. Asked for folders first, as a walk does: what lies in a folder left out is never asked for. */
export class Ignored {
  readonly #folders = new Map<string, Line[]>()
  readonly #tops = new Map<string, boolean>()

  has(path: string, folder: boolean): boolean {
    const full = resolve(path)
    for (let at = dirname(full); ; at = dirname(at)) {
      const name = relative(at, full).split(sep).join('/')
      const line = this.#linesOf(at).findLast(({ fits, folders }) => (folder || !folders) && fits.test(name))
      if (line) return !line.keeps
      if (this.#isTop(at) || dirname(at) === at) return false
    }
  }

  #linesOf(folder: string): Line[] {
    let lines = this.#folders.get(folder)
    if (!lines) {
      lines = [...(this.#isTop(folder) ? read(join(folder, '.git', 'info', 'exclude')) : []), ...read(join(folder, '.gitignore'))]
      this.#folders.set(folder, lines)
    }
    return lines
  }

  #isTop(folder: string): boolean {
    let top = this.#tops.get(folder)
    if (top === undefined) this.#tops.set(folder, (top = existsSync(join(folder, '.git'))))
    return top
  }
}

function read(file: string): Line[] {
  try {
    return readFileSync(file, 'utf8').split('\n').map(readLine).filter((line) => line !== null)
  } catch {
    return []
  }
}
