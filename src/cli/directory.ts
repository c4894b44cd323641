// The first words of every command, and the file that holds it: loaded only when it is called.
import type { Family } from './command.ts'

export interface Entry {
  /** For words that only lead on to others. */
  about?: string
  load(): Promise<Family>
}

export const directory: Record<string, Entry> = {
  read: { load: () => import('./commands/read.ts') },
  write: { load: () => import('./commands/write.ts') },
  delete: { load: () => import('./commands/delete.ts') },
  list: { load: () => import('./commands/list.ts') },
  patch: { load: () => import('./commands/write.ts') },
  login: { load: () => import('./commands/login.ts') },
  server: { load: () => import('./commands/server.ts') },
  start: { load: () => import('./commands/start.ts') },
  status: { load: () => import('./commands/status.ts') },
  unwrap: { load: () => import('./commands/unwrap.ts') },
  kv: { about: 'The key-value store', load: () => import('./commands/kv.ts') },
  'kv metadata': { about: 'Settings and notes of a secret', load: () => import('./commands/kv-metadata.ts') },
  audit: { about: 'Audit devices, and the lines that they wrote', load: () => import('./commands/audit.ts') },
  'audit verify': { load: () => import('./commands/audit-log.ts') },
  'audit tail': { load: () => import('./commands/audit-log.ts') },
  'audit search': { load: () => import('./commands/audit-log.ts') },
  auth: { about: 'Auth methods', load: () => import('./commands/auth.ts') },
  lease: { about: 'Leases', load: () => import('./commands/lease.ts') },
  namespace: { about: 'Namespaces', load: () => import('./commands/namespace.ts') },
  operator: { about: 'Operate the server: init, unseal, rekey, snapshots', load: () => import('./commands/operator.ts') },
  'operator generate-root': { load: () => import('./commands/operator-root.ts') },
  'operator rekey': { load: () => import('./commands/operator-rekey.ts') },
  'operator rotate': { load: () => import('./commands/operator-rekey.ts') },
  'operator rotate-keys': { load: () => import('./commands/operator-rekey.ts') },
  'operator raft': { about: 'Snapshots and the members of the cluster', load: () => import('./commands/operator-raft.ts') },
  'operator usage': { load: () => import('./commands/operator-usage.ts') },
  policy: { about: 'Policies', load: () => import('./commands/policy.ts') },
  plugin: { about: 'Plugins that are built in', load: () => import('./commands/plugin.ts') },
  print: { about: 'Print what the command line uses', load: () => import('./commands/print.ts') },
  secrets: { about: 'Secrets engines', load: () => import('./commands/secrets.ts') },
  token: { about: 'Tokens', load: () => import('./commands/token.ts') },
  transit: { about: 'Keys of the transit engine', load: () => import('./commands/transit.ts') },
  'path-help': { load: () => import('./commands/path-help.ts') },
  backup: { load: () => import('./commands/backup.ts') },
  restore: { load: () => import('./commands/backup.ts') },
  import: { about: 'Bring secrets in from elsewhere', load: () => import('./commands/import.ts') },
  doctor: { load: () => import('./commands/doctor.ts') },
  debug: { load: () => import('./commands/debug.ts') },
  monitor: { load: () => import('./commands/monitor.ts') },
  scan: { load: () => import('./commands/scan.ts') },
  agent: { load: () => import('./commands/agent.ts') },
  completion: { load: () => import('./commands/completion.ts') },
  version: { load: () => import('./commands/version.ts') },
  'version-history': { load: () => import('./commands/version.ts') },
}

/** The words of the directory alone, longest match first. */
export function entryOf(words: readonly string[]): Entry | undefined {
  const name = [words.slice(0, 2).join(' '), words[0] ?? ''].find((name) => Object.hasOwn(directory, name))
  return name === undefined ? undefined : directory[name]
}
