// Sets hooks up in a Git repository. A hook that is already there keeps running before ours; setting up twice changes nothing.
import { chmodSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { replaceFile } from '../text-file.ts'
import { askGit } from '../sources/git.ts'

export type Hook = 'pre-commit' | 'pre-push' | 'pre-receive' | 'commit-msg' | 'prepare-commit-msg'

export interface HookOptions {
  repository: string
  /** What the hook runs, its own arguments appended; default: this program, `scan hook NAME`. */
  command?: string[]
}

const mark = '# Set up by `strongroom scan install`; `strongroom scan uninstall` removes it.'
const program = fileURLToPath(new URL(import.meta.url.endsWith('.ts') ? '../../../bin/strongroom' : '../bin/strongroom', import.meta.url))
const quoted = (word: string): string => `'${word.replaceAll("'", `'\\''`)}'`

/** The file that the hook was written to. */
export async function installHook(hook: Hook, { repository, command }: HookOptions): Promise<string> {
  const folder = await hooksOf(repository)
  mkdirSync(folder, { recursive: true })
  const file = join(folder, hook)
  const before = `${file}.before-strongroom`
  if (existsSync(file) && !isOurs(file)) renameSync(file, before)
  replaceFile(file, script(hook, command), 0o755)
  chmodSync(file, 0o755)
  return file
}

/** Removes our hook and puts the one before it back; false when there was none of ours. */
export async function uninstallHook(hook: Hook, repository: string): Promise<boolean> {
  const file = join(await hooksOf(repository), hook)
  if (!existsSync(file) || !isOurs(file)) return false
  const before = `${file}.before-strongroom`
  if (existsSync(before)) renameSync(before, file)
  else rmSync(file)
  return true
}

const isOurs = (file: string): boolean => readFileSync(file, 'utf8').includes(mark)

/** The folder of the hooks, wherever the configuration puts it. */
async function hooksOf(repository: string): Promise<string> {
  const path = (await askGit(repository, ['rev-parse', '--git-path', 'hooks'])).toString('utf8').trim()
  return resolve(repository, path)
}

/** Hooks that read what is pushed get the same input as the one before them. */
function script(hook: Hook, command?: string[]): string {
  const fed = hook === 'pre-push' || hook === 'pre-receive'
  const feed = fed ? `printf '%s\\n' "$input" | ` : ''
  const own = command ? command.map(quoted).join(' ') : `"$strongroom" scan hook ${hook}`
  return [
    '#!/bin/sh',
    mark,
    ...(fed ? ['input=$(cat)'] : []),
    `before=$0.before-strongroom`,
    `if [ -x "$before" ]; then ${feed}"$before" "$@" || exit $?; fi`,
    ...(command ? [] : [`strongroom=${quoted(program)}`, `[ -x "$strongroom" ] || strongroom=strongroom`]),
    `${feed}${own} "$@"`,
    '',
  ].join('\n')
}
