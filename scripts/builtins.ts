// A step of the build: modules of the runtime are asked for instead of imported. An import of `node:http` reads every
// member that the module has, and some of those load megabytes when read, WebSocket's client among them.
import { isBuiltin } from 'node:module'
import type { Plugin } from 'esbuild'

const identifier = /^[A-Za-z_$][\w$]*$/
/** Loaded when one of their functions is called: a start needs none of them. */
const seldom = new Set(['node:child_process', 'node:dns', 'node:https', 'node:readline', 'node:tls', 'node:vm', 'node:zlib'])

/** Each member that is used becomes a constant of its own; those that are not are left out by the build. */
function source(name: string): string {
  const builtin = process.getBuiltinModule(name) as Record<string, unknown>
  const members = Object.keys(builtin).filter((member) => identifier.test(member) && member !== 'default')
  const value = (member: string): string => (seldom.has(name) && /^[a-z]/.test(member) && typeof builtin[member] === 'function' ? `(...given) => process.getBuiltinModule('${name}').${member}(...given)` : `/* @__PURE__ */ (() => builtin.${member})()`)
  return [`const builtin = /* @__PURE__ */ process.getBuiltinModule('${name}')`, 'export default builtin', ...members.map((member) => `const _${member} = ${value(member)}\nexport { _${member} as ${member} }`)].join('\n')
}

export const builtins: Plugin = {
  name: 'builtins',
  setup(build) {
    // Once for each file that imports it: one for all would be a file of its own between those that share it.
    build.onResolve({ filter: /^node:/ }, ({ path, kind, importer }) => (kind === 'import-statement' && isBuiltin(path) ? { path: `${path} of ${importer}`, namespace: 'builtin', sideEffects: false } : { path, external: true }))
    build.onLoad({ filter: /^/, namespace: 'builtin' }, ({ path }) => ({ contents: source(path.slice(0, path.indexOf(' '))), loader: 'js' }))
  },
}
