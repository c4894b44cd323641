// Where a login leaves its token: ~/.vault-token (mode 0600, replaced atomically), or the external program that
// ~/.vault names as `token_helper`, called with get, store (token on its input) or erase.
import type { Environment } from './environment.ts'
import { readOptional, remove, replaceSecret } from './files.ts'

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

const fileHelper = (file: string): TokenHelper => ({
  get: () => readOptional(file)?.trim() || undefined,
  store: (token) => replaceSecret(file, token),
  erase: () => remove(file),
})

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
