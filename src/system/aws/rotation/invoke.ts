// Calls a rotation function for one step: over HTTP, or as a child process that gets temporary keys in its environment.
import { spawn } from 'node:child_process'
import { isAbsolute, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { send } from '../../../clients/outgoing.ts'
import { Fault } from '../../../kit/errors.ts'
import type { StepEvent } from './builtin.ts'
import type { RotationFunction } from './functions.ts'

export interface Surroundings {
  /** Where executables and modules lie; null: nowhere, '*': anywhere. */
  folder: string | null
  /** PATH of child processes. */
  path: string
  /** Address of this server. */
  address(): string
}

export interface TemporaryKey {
  id: string
  secret: string
  sessionToken: string
  region: string
}

/** Handlers name the version differently; both names are given. */
const eventOf = (event: StepEvent): string => JSON.stringify({ ...event, Token: event.ClientRequestToken, RotationToken: event.ClientRequestToken })

/** Rejects with a Fault `upstream` that says which step failed and with which kind of error, never what the function printed. */
export async function invoke(name: string, fn: RotationFunction, event: StepEvent, key: TemporaryKey | null, around: Surroundings): Promise<void> {
  if (fn.kind === 'https' || fn.kind === 'lambda') return invokeRemote(name, fn, event)
  await invokeLocal(name, fn, event, key!, around)
}

const failed = (name: string, step: string, why: string): Fault => new Fault('upstream', `rotation function ${name} failed at ${step}: ${why}`)

async function invokeRemote(name: string, fn: RotationFunction, event: StepEvent): Promise<void> {
  const url = fn.kind === 'lambda' ? `${fn.url}/2015-03-31/functions/${encodeURIComponent(name)}/invocations` : fn.url
  const { status, headers } = await send(url, {
    method: 'POST', body: eventOf(event), timeout: fn.timeout * 1000, allowed: fn.allowed, ca: fn.ca === '' ? undefined : fn.ca,
    headers: { ...fn.headers, 'content-type': 'application/json', 'x-amz-invocation-type': 'RequestResponse' },
  })
  if (status < 200 || status > 299) throw failed(name, event.Step, `status ${status}`)
  if (headers['x-amz-function-error'] !== undefined) throw failed(name, event.Step, 'it threw an error')
}

const runner = fileURLToPath(new URL(`./runner${import.meta.url.endsWith('.ts') ? '.ts' : '.js'}`, import.meta.url))

function invokeLocal(name: string, fn: RotationFunction, event: StepEvent, key: TemporaryKey, around: Surroundings): Promise<void> {
  if (around.folder === null) throw failed(name, event.Step, 'local functions need function_folder in the configuration of the server')
  if (around.folder !== '*' && isAbsolute(fn.file)) throw failed(name, event.Step, 'the file must be named relative to the function folder')
  const file = around.folder === '*' ? fn.file : join(around.folder, fn.file)
  const [command, args] = fn.kind === 'module' ? [process.execPath, ['--no-warnings', runner, file, fn.handler]] : [file, []]
  const child = spawn(command, args, {
    stdio: ['pipe', 'ignore', 'ignore'],
    timeout: fn.timeout * 1000,
    killSignal: 'SIGKILL',
    env: {
      PATH: around.path, ...fn.environment,
      AWS_ENDPOINT_URL: around.address(), AWS_REGION: key.region, AWS_DEFAULT_REGION: key.region, AWS_ACCESS_KEY_ID: key.id, AWS_SECRET_ACCESS_KEY: key.secret, AWS_SESSION_TOKEN: key.sessionToken,
    },
  })
  return new Promise((resolve, reject) => {
    child.on('error', (cause: NodeJS.ErrnoException) => reject(failed(name, event.Step, `it could not be started (${cause.code ?? 'unknown'})`)))
    child.on('close', (code, signal) => (code === 0 ? resolve() : reject(failed(name, event.Step, signal ? `ended by ${signal}` : `exit status ${code}`))))
    child.stdin.on('error', () => {})
    child.stdin.end(eventOf(event))
  })
}
