// Completion scripts for shells, derived from what the commands declare: words, flags and the values that flags know.
import { flagsOf } from './arguments.ts'
import type { Catalogue } from './command.ts'

interface Node {
  /** What the words so far name, as `kv get`. */
  path: string
  about: string
  next: string[]
  flags: string[]
}

/** The script for `bash`, `zsh` or `fish`; undefined for another shell. */
export function completionFor(shell: string, catalogue: Catalogue): string | undefined {
  const nodes = tree(catalogue)
  if (shell === 'bash') return bash(nodes)
  if (shell === 'zsh') return `#compdef strongroom\nautoload -U +X bashcompinit && bashcompinit\n${bash(nodes)}`
  return shell === 'fish' ? fish(nodes) : undefined
}

function tree({ commands, about }: Catalogue): Node[] {
  const nodes = new Map<string, Node>()
  const node = (path: string): Node => {
    const known = nodes.get(path)
    if (known) return known
    const made: Node = { path, about: about(path) ?? '', next: [], flags: [] }
    nodes.set(path, made)
    return made
  }
  for (const command of commands) {
    const words = command.name.split(' ')
    words.forEach((word, at) => {
      const { next } = node(words.slice(0, at).join(' '))
      if (!next.includes(word)) next.push(word)
    })
    const own = node(command.name)
    own.about = command.about
    own.flags = Object.entries(flagsOf(command))
      .filter(([, { hidden }]) => !hidden)
      .flatMap(([name, { kind, words: values }]) => (values ? values.map((value) => `-${name}=${value}`) : [`-${name}${kind === 'boolean' ? '' : '='}`]))
  }
  return [...nodes.values()]
}

function bash(nodes: readonly Node[]): string {
  const cases = nodes.map(({ path, next, flags }) => `    '${path}') words='${next.join(' ')}'; flags='${flags.join(' ')}' ;;`)
  return `_strongroom() {
  local current="\${COMP_WORDS[COMP_CWORD]}" path='' word words='' flags='' at
  for ((at = 1; at < COMP_CWORD; at++)); do
    word="\${COMP_WORDS[at]}"
    case "$word" in -*) continue ;; esac
    case "$path" in '') _strongroom_known "$word" && path="$word" ;; *) _strongroom_known "$path $word" && path="$path $word" ;; esac
  done
  case "$path" in
${cases.join('\n')}
  esac
  case "$current" in
    -*) COMPREPLY=($(compgen -W "$flags" -- "$current")) ;;
    *) COMPREPLY=($(compgen -W "$words" -- "$current")); [ \${#COMPREPLY[@]} -eq 0 ] && COMPREPLY=($(compgen -f -- "$current")) ;;
  esac
  case "\${COMPREPLY[0]}" in *=) compopt -o nospace 2>/dev/null ;; esac
}
_strongroom_known() {
  case "$1" in
    ${nodes.filter(({ path }) => path !== '').map(({ path }) => `'${path}'`).join('|')}) return 0 ;;
  esac
  return 1
}
complete -F _strongroom strongroom
`
}

function fish(nodes: readonly Node[]): string {
  const lines = ['complete -c strongroom -f']
  const quoted = (text: string): string => `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`
  for (const { path, next, flags } of nodes) {
    const words = path === '' ? [] : path.split(' ')
    const seen = words.map((word) => `__fish_seen_subcommand_from ${word}`)
    const unseen = next.length > 0 ? [`not __fish_seen_subcommand_from ${next.join(' ')}`] : []
    const when = quoted([...seen, ...unseen].join('; and ') || 'true')
    for (const word of next) {
      const about = nodes.find((node) => node.path === [...words, word].join(' '))?.about ?? ''
      lines.push(`complete -c strongroom -n ${when} -a ${quoted(word)} -d ${quoted(about)}`)
    }
    for (const flag of flags) lines.push(`complete -c strongroom -n ${when} -a ${quoted(flag)}`)
  }
  return lines.join('\n')
}
