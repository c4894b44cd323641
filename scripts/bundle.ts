// Joins the modules that every command loads into one file: Node spends a third of a millisecond and more on each
// module, and `kv get` may take no more than 1.6 times what the bare runtime does. Works on what tsc writes: imports
// at the top of a file, declarations that are exported where they stand. Each module that was joined stays as a file
// that hands on what the joined one holds, so that there is one instance of each.
import { readFileSync, writeFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'

const roots = ['commands/kv.js', 'dispatch.js', 'shell.js']
const program = 'main.js'
const importLine = /^import (?:\{ ([^}]+) \} from )?'([^']+)';$/gm
const handedOn = /^export \{ ([^}]+) \} from '([^']+)';$/gm
const exportedName = /^export (?:const|let|class|function\*?|async function\*?) ([A-Za-z_$][\w$]*)/gm

interface Module {
  file: string
  name: string
  code: string
  exports: string[]
}

/** Rewrites `dist/cli`: the modules that the roots import, one after another, become part of `main.js`. */
export function bundleCommandLine(dist: string): void {
  const folder = join(dist, 'cli')
  const modules = new Map<string, Module>()
  const outside = new Map<string, Set<string>>()
  for (const root of roots) collect(join(folder, root), folder, modules, outside)
  const target = join(folder, program)
  const start = readFileSync(target, 'utf8').replace(importLine, (_line, names: string, from: string) => `const { ${names} } = ${modules.get(resolve(folder, from))!.name};`)
  const imports = [...outside].map(([from, names]) => `import { ${[...names].join(', ')} } from '${from}';`)
  const bodies = [...modules.values()].map(({ name, code, exports }) => `export const ${name} = (() => {\n${code}\nreturn { ${exports.join(', ')} };\n})();`)
  writeFileSync(target, [...imports, ...bodies, start].join('\n'))
  for (const { file, name, exports } of modules.values()) {
    if (file.startsWith(folder)) writeFileSync(file, `import { ${name} } from '${specifier(dirname(file), target)}';\nexport const { ${exports.join(', ')} } = ${name};\n`)
  }
}

const specifier = (folder: string, file: string): string => {
  const path = relative(folder, file).replaceAll('\\', '/')
  return path.startsWith('.') ? path : `./${path}`
}

/** The command line's own folder, and the client library. */
const inside = (path: string, folder: string): boolean => path.startsWith(folder) || path.startsWith(join(folder, '../sdk'))

/** Depth first: what a module imports stands before it. */
function collect(file: string, folder: string, modules: Map<string, Module>, outside: Map<string, Set<string>>): void {
  if (modules.has(file)) return
  const source = readFileSync(file, 'utf8')
  const here = dirname(file)
  const again: string[] = []
  const opened = source.replace(handedOn, (_line, names: string, from: string) => {
    again.push(...names.split(', '))
    return `import { ${names} } from '${from}';`
  })
  const code = opened.replace(importLine, (line, names: string | undefined, from: string) => {
    if (names === undefined || names.includes(' as ')) throw new Error(`${file}: cannot join "${line}"`)
    const path = resolve(here, from)
    if (!from.startsWith('.') || !inside(path, folder)) {
      const key = from.startsWith('.') ? specifier(folder, path) : from
      outside.set(key, new Set([...(outside.get(key) ?? []), ...names.split(', ')]))
      return ''
    }
    collect(path, folder, modules, outside)
    return `const { ${names} } = ${modules.get(path)!.name};`
  })
  const exports = [...again, ...[...code.matchAll(exportedName)].map(([, name]) => name!)]
  const joined = code
    .replace(/^export (?=const|let|class|function|async)/gm, '')
    .replace(/\bimport\('(\.[^']+)'\)/g, (_all, from: string) => {
      const known = modules.get(resolve(here, from))
      return known ? `Promise.resolve(${known.name})` : `import('${specifier(folder, resolve(here, from))}')`
    })
  if (/^(?:import|export)\s/m.test(joined) || /\bimport\.meta\b/.test(joined)) throw new Error(`${file}: holds an import or export that cannot be joined`)
  modules.set(file, { file, name: `${relative(folder, file).replace(/\.js$/, '').replace(/\W/g, '_')}_module`, code: joined, exports })
}
