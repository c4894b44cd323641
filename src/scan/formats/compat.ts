// `strongroom scan compat TOOL ARGS…`, and the same by name: bin/strongroom linked as `gitleaks`, `detect-secrets`,
// `detect-secrets-hook`, `git-secrets` or `trufflehog` takes the arguments of that tool.

type Tool = () => Promise<{ run(argv: string[]): Promise<number> }>

const tools: Record<string, Tool> = {
  gitleaks: () => import('./gitleaks/command.ts'),
  'detect-secrets': () => import('./detect-secrets/command.ts'),
  'detect-secrets-hook': () => import('./detect-secrets/hook-command.ts'),
  'git-secrets': () => import('./git-secrets/command.ts'),
  trufflehog: () => import('./trufflehog/command.ts'),
}

/** Runs a command line of the tool named first; returns the status that the tool would end with. */
export async function run([name = '', ...argv]: string[]): Promise<number> {
  if (!Object.hasOwn(tools, name)) {
    process.stderr.write(`strongroom scan compat: "${name.slice(0, 40)}" is none of ${Object.keys(tools).join(', ')}\n`)
    return 2
  }
  return (await tools[name]!()).run(argv)
}
