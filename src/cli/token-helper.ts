// Where a login leaves its token: ~/.vault-token (mode 0600, replaced atomically), or the external program that
// ~/.vault names as `token_helper`, called with get, store (token on its input) or erase.
import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import type { Environment } from './environment.ts'

export interface TokenHelper {
  /** Undefined where no token is stored. */
  get(): string | undefined
  store(token: string): void
  erase(): void
}

export function tokenHelper(environment: Environment): TokenHelper {
  const config = readOptional(environment.helperConfig)
  const program = config === undefined ? undefined : /^\s*token_helper\s*=\s*"([^"]+)"/m.exec(config)?.[1]
  return program === undefined ? fileHelper(environment.tokenFile) : externalHelper(program, environment)
}

function fileHelper(file: string): TokenHelper {
  return {
    get: () => readOptional(file)?.trim() || undefined,
    store(token) {
      const fresh = `${file}.${process.pid}.new`
      rmSync(fresh, { force: true })
      writeFileSync(fresh, token, { mode: 0o600, flag: 'wx' })
      renameSync(fresh, file)
    },
    erase: () => rmSync(file, { force: true }),
  }
}

function externalHelper(program: string, environment: Environment): TokenHelper {
  const ask = (verb: string, input?: string): string => {
    const { spawnSync } = process.getBuiltinModule('node:child_process')
    const done = spawnSync(program, [verb], { input: input ?? '', env: environment.all as NodeJS.ProcessEnv, encoding: 'utf8', stdio: ['pipe', 'pipe', 'inherit'] })
    if (done.error) throw new Error(`token helper ${program}: ${done.error.message}`)
    if (done.status !== 0) throw new Error(`token helper ${program} ${verb}: exit status ${done.status}`)
    return done.stdout
  }
  return {
    get: () => ask('get').trim() || undefined,
    store: (token) => void ask('store', token),
    erase: () => void ask('erase'),
  }
}

function readOptional(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT' || code === 'ENOTDIR' || code === 'EISDIR') return undefined
    throw error
  }
}
