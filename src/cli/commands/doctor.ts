// strongroom doctor: what is wrong with the server or with how the command line reaches it, in words.
import { statSync } from 'node:fs'
import { ApiError } from '../api.ts'
import type { Data } from '../../sdk/secret.ts'
import { command } from '../command.ts'
import type { Call } from '../command.ts'
import { describe } from '../failure.ts'
import { healthCodes } from '../seal.ts'
import { showDuration } from '../text.ts'

interface Finding {
  level: 'ok' | 'warning' | 'fault'
  about: string
  says: string
  advice?: string
}

async function checkServer({ client }: Call): Promise<Finding[]> {
  const response = await client.with({ retries: 0, token: undefined }).request('GET', 'sys/health', { accept: healthCodes })
  const health = JSON.parse(await response.text()) as { initialized: boolean; sealed: boolean; version: string }
  const found: Finding[] = [{ level: 'ok', about: 'server', says: `answers at ${client.address}, version ${health.version}` }]
  if (!health.initialized) found.push({ level: 'fault', about: 'server', says: 'is not initialized', advice: 'strongroom operator init' })
  else if (health.sealed) found.push({ level: 'fault', about: 'server', says: 'is sealed', advice: 'strongroom operator unseal' })
  else found.push({ level: 'ok', about: 'server', says: 'is unsealed' })
  const date = Date.parse(response.header('date') ?? '')
  const skew = Math.round(Math.abs(Date.now() - date) / 1000)
  if (skew > 60) found.push({ level: 'warning', about: 'clock', says: `differs from the server's by ${showDuration(skew)}`, advice: 'Set the clock: signed requests and one-time codes depend on it.' })
  return found
}

function checkAddress({ client, shell }: Call): Finding[] {
  const { hostname, protocol } = new URL(client.address)
  const loopback = /^(localhost|127\.|\[::1\])/.test(hostname)
  const name = shell.environment.nameOf('ADDR')
  const found: Finding[] = [{ level: 'ok', about: 'address', says: `${client.address} (${name ?? 'flag or default'})` }]
  if (protocol === 'http:' && !loopback) found.push({ level: 'warning', about: 'address', says: 'is plain HTTP to another machine: tokens and secrets travel in clear', advice: 'Use https://' })
  if (shell.environment.isTrue('SKIP_VERIFY')) found.push({ level: 'warning', about: 'TLS', says: 'certificates are not verified', advice: `unset ${shell.environment.nameOf('SKIP_VERIFY')}` })
  return found
}

function checkTokenFile({ shell }: Call): Finding[] {
  const { tokenFile } = shell.environment
  const info = statSync(tokenFile, { throwIfNoEntry: false })
  if (info === undefined || process.platform === 'win32' || (info.mode & 0o077) === 0) return []
  return [{ level: 'warning', about: 'token file', says: `${tokenFile} can be read by others`, advice: `chmod 600 ${tokenFile}` }]
}

async function checkToken({ client, shell }: Call): Promise<Finding[]> {
  if (!client.token) return [{ level: 'warning', about: 'token', says: 'there is none', advice: 'strongroom login' }]
  const source = shell.environment.nameOf('TOKEN') ?? 'the token helper'
  try {
    const data = (await client.with({ retries: 0 }).read('auth/token/lookup-self'))?.data ?? {}
    const policies = (data.policies ?? []) as string[]
    const ttl = Number(data.ttl ?? 0)
    const found: Finding[] = [{ level: 'ok', about: 'token', says: `from ${source}: ${String(data.display_name)}, policies ${policies.join(', ')}, ${ttl === 0 ? 'without end' : `${showDuration(ttl)} left`}` }]
    if (policies.includes('root') && ttl === 0) found.push({ level: 'warning', about: 'token', says: 'is a root token without end', advice: 'Use it to set up, then log in as somebody; revoke it.' })
    if (ttl > 0 && ttl < 300) found.push({ level: 'warning', about: 'token', says: 'expires soon', advice: 'strongroom token renew' })
    return found
  } catch (error) {
    if (!(error instanceof ApiError)) throw error
    return [{ level: 'fault', about: 'token', says: `from ${source} is refused: ${error.errors.join('; ') || error.status}`, advice: 'strongroom login' }]
  }
}

async function checkAudit({ client }: Call): Promise<Finding[]> {
  if (!client.token) return []
  const answer = await client.with({ retries: 0 }).json<Data>('GET', 'sys/audit').catch(() => null)
  if (answer === null) return []
  const devices = Object.keys((answer.data as Data | undefined) ?? answer).filter((path) => path.endsWith('/'))
  if (devices.length > 0) return [{ level: 'ok', about: 'audit', says: `${devices.length} device(s): ${devices.join(', ')}` }]
  return [{ level: 'warning', about: 'audit', says: 'no device is enabled: nobody can tell afterwards who read what', advice: 'strongroom audit enable file file_path=…' }]
}

async function examine(call: Call): Promise<Finding[]> {
  const found = [...checkAddress(call), ...checkTokenFile(call)]
  try {
    found.push(...(await checkServer(call)))
  } catch (error) {
    return [...found, { level: 'fault', about: 'server', says: describe(error).replaceAll('\n\n', ' ') }]
  }
  if (found.some(({ level }) => level === 'fault')) return found
  return [...found, ...(await checkToken(call)), ...(await checkAudit(call))]
}

export const commands = [
  command({
    name: 'doctor',
    about: 'Say what is wrong with the server or with how you reach it',
    arity: [0, 0],
    detail: 'The exit code is 0 without faults, 1 with.',
    async run(call) {
      const { out } = call
      const found = await examine(call)
      if (!out.isTable) await out.structured({ findings: found })
      else
        for (const { level, about, says, advice } of found) {
          out.line(`${level.padEnd(8)}${about}: ${says}`)
          if (advice) out.line(`${' '.repeat(8)}→ ${advice}`)
        }
      return found.some(({ level }) => level === 'fault') ? 1 : 0
    },
  }),
]
