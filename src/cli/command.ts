// What a command declares. Parsing, help, completion and the documentation are derived from it.
import type { Client } from './api.ts'
import type { Output } from './output.ts'
import type { Shell } from './shell.ts'

export type FlagKind = 'text' | 'boolean' | 'integer' | 'list' | 'map'

export interface Flag<V = unknown> {
  kind: FlagKind
  about: string
  default?: V
  aliases?: readonly string[]
  /** What the flag alone, without a value, says. */
  bare?: string
  /** Values worth completing. */
  words?: readonly string[]
  /** Understood for Vault's sake, not shown. */
  hidden?: boolean
}

export type Flags = Record<string, Flag>
export type FlagValues<F extends Flags> = { [K in keyof F]: F[K] extends Flag<infer V> ? V : never }

type Extra<V> = Omit<Flag<V>, 'kind' | 'about'>
type Made<V, E> = Flag<E extends { default: V } ? V : V | undefined>

const made =
  <V>(kind: FlagKind) =>
  <E extends Extra<V> = {}>(about: string, extra?: E): Made<V, E> =>
    ({ kind, about, ...extra }) as unknown as Made<V, E>

/** Flag builders. A list is given by repeating the flag; a map by repeating `-flag key=value`. Durations are texts such as `1h`. */
export const flag = {
  text: made<string>('text'),
  integer: made<number>('integer'),
  boolean: (about: string, extra: Extra<boolean> = {}): Flag<boolean> => ({ kind: 'boolean', about, default: false, ...extra }),
  list: (about: string, extra: Extra<string[]> = {}): Flag<string[]> => ({ kind: 'list', about, default: [], ...extra }),
  map: (about: string, extra: Extra<Record<string, string>> = {}): Flag<Record<string, string>> => ({ kind: 'map', about, default: {}, ...extra }),
}

/** Every command there is, and what the words that only lead on to others are about. */
export interface Catalogue {
  commands: readonly Command[]
  about(words: string): string | undefined
}

export interface Call<F extends Flags = Flags> {
  args: string[]
  flags: FlagValues<F>
  shell: Shell
  out: Output
  /** The server, as flags, environment and token helper say; made when first asked for. */
  client: Client
  /** For commands about commands. */
  catalogue(): Promise<Catalogue>
}

export interface Command<F extends Flags = any> {
  /** Words that call it: `kv get`. */
  name: string
  about: string
  /** What follows the flags, as help shows it: `PATH [K=V...]`. */
  takes?: string
  /** Fewest and most arguments. */
  arity: readonly [least: number, most: number]
  /** Further sentences for help. */
  detail?: string
  /** A line of arguments each, with what it does. */
  examples?: readonly (readonly [does: string, line: string])[]
  flags?: F
  /** What a failure of the server interrupted, after `Error `: `reading secret/a`. */
  doing?(args: string[]): string
  /** No server is asked: the flags for the connection are not understood. */
  local?: true
  /** Gets the words after its name as they are. */
  rawArguments?: true
  /** The exit code: 0 done, 1 the caller's mistake, 2 the server's refusal. */
  run(call: Call<F>): Promise<number> | number
}

/** Declares a command; infers the types of its flags. */
export const command = <F extends Flags = {}>(declared: Command<F>): Command => declared as Command

export interface Family {
  commands: readonly Command[]
}
