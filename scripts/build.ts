// Joins `src` into the few files of `dist`, as they are published: Node spends a third of a millisecond on each module
// that it loads. Packages stay outside.
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Plugin, build } from 'esbuild'
import { builtins } from './builtins.ts'

const root = fileURLToPath(new URL('..', import.meta.url))
const source = join(root, 'src')

interface Program {
  /** Files of `dist` by what they start with. All lie in one folder, so that each finds its neighbours as in the source. */
  entries: Record<string, string>
  /** All in one file, as small as it gets: for what starts often and briefly. Otherwise what is loaded later lies in files of its own. */
  whole?: boolean
}

/** What runs or is imported as one; modules that two of them use are in each. */
const programs: Program[] = [
  { entries: { main: 'cli/main.ts' }, whole: true },
  { entries: { run: 'run.ts', 'worker-process': 'worker-process.ts', writer: 'storage/sqlite/writer.ts', copier: 'storage/sqlite/copier.ts', runner: 'system/aws/rotation/runner.ts' } },
  { entries: { 'scan-command': 'scan/cli.ts', scan: 'scan/index.ts', 'pool-worker': 'scan/sources/pool-worker.ts' } },
  { entries: { agent: 'agent/cli.ts' }, whole: true },
  { entries: { sdk: 'sdk/index.ts' }, whole: true },
]

const files = new Map(programs.flatMap(({ entries }) => Object.entries(entries).map(([name, file]) => [join(source, file), `./${name}.js`] as const)))

/** An import of another program's entry stays an import. */
const between = (own: Program): Plugin => ({
  name: 'between',
  setup({ onResolve }) {
    onResolve({ filter: /^\./ }, ({ path, resolveDir }) => {
      const file = resolve(resolveDir, path)
      const beside = files.get(file)
      return beside !== undefined && !Object.values(own.entries).some((entry) => join(source, entry) === file) ? { path: beside, external: true } : undefined
    })
  },
})

const built = await Promise.all(
  programs.map((program) =>
    build({
      absWorkingDir: source,
      entryPoints: program.entries,
      outdir: join(root, 'dist'),
      chunkNames: 'part-[hash]',
      bundle: true,
      splitting: !program.whole,
      minifyWhitespace: program.whole ?? false,
      packages: 'external',
      plugins: [between(program), builtins],
      platform: 'node',
      target: 'node24',
      format: 'esm',
      legalComments: 'none',
      logLevel: 'warning',
      write: false,
      metafile: true,
    }).catch(() => process.exit(1)),
  ),
)
for (const [index, { metafile }] of built.entries()) {
  const atOnce = Object.values(metafile.outputs).flatMap(({ imports }) => imports.filter(({ kind, path }) => kind === 'import-statement' && !path.startsWith('.')))
  if (programs[index]!.whole && atOnce.length > 0) throw new Error(`${Object.values(programs[index]!.entries).join()}: every start would load ${atOnce.map(({ path }) => path).join(', ')}; import it where it is used`)
}
rmSync(join(root, 'dist'), { recursive: true, force: true })
mkdirSync(join(root, 'dist'))
// Beyond ASCII there is only what stands in comments, and for its sake the runtime would keep the text with two bytes a character.
for (const { outputFiles } of built) for (const { path, text } of outputFiles) writeFileSync(path, text.replaceAll(/[^\x00-\x7f]/g, '?'))
