// The agent: logs in, keeps the token, renders templates, runs a program with secrets, passes requests on.
import { rmSync, writeFileSync } from 'node:fs'
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { invalid } from '../kit/errors.ts'
import { Client } from '../sdk/index.ts'
import type { AgentConfig } from './config.ts'
import { checkMethod } from './login.ts'
import { listenProxy } from './proxy.ts'
import { type Report, type Surroundings, type Variables, keepRendered, keepVariables, loadTemplate, writeRendered } from './rendering.ts'
import { Secrets } from './secrets.ts'
import { keepToken } from './session.ts'
import { Supervisor } from './supervisor.ts'
import { agentTransport } from './transport.ts'

export interface AgentParts {
  config: AgentConfig
  /** The process environment: what `env` reads and a program inherits. */
  variables: Variables
  report: Report
  signal: AbortSignal
  /** Told how to pass signals on to a supervised program. */
  supervising?(pass: (name: NodeJS.Signals) => void): void
}

/** Runs until the signal aborts, or until all is written where `exit_after_auth` is set; gives the exit code. */
export async function runAgent({ config, variables, report, signal, supervising }: AgentParts): Promise<number> {
  for (const name of config.unknown) report('warn', `unknown setting "${name}"`)
  // Mistakes are told before anything is done.
  if (config.method) checkMethod(config.method)
  for (const template of [...config.templates, ...config.envTemplates]) loadTemplate(template)
  const own = new AbortController()
  const over = AbortSignal.any([signal, own.signal])
  let code = 0
  const end = (status: number): void => {
    if (!over.aborted) code = status
    own.abort()
  }
  const { client, transport } = connect(config, variables)
  const secrets = new Secrets(client, config.render.static_secret_render_interval)
  const around: Surroundings = { secrets, variables, render: config.render, report }
  const proxies: Server[] = []
  let supervisor: Supervisor | null = null
  if (config.pid_file !== undefined) writeFileSync(config.pid_file, `${process.pid}\n`)
  try {
    for (const listener of config.listeners) {
      const proxy = await listenProxy(listener, { client, transport, useToken: config.useAutoAuthToken })
      proxies.push(proxy)
      report('info', `listening on port ${(proxy.address() as AddressInfo).port}`)
    }
    const { ready, kept } = startSession(config, client, secrets, report, over, end)
    await Promise.race([ready, aborted(over)])
    const work: Promise<unknown>[] = [kept]
    if (!over.aborted) {
      const rendered = config.templates.map((template) => keepRendered(template.destination, template, (text) => writeRendered(template, text, report), around, over, config.exit_after_auth).then((done) => done || end(1)))
      work.push(...rendered)
      if (config.exec && !config.exit_after_auth) {
        supervisor = new Supervisor(config.exec, variables, end)
        supervising?.((name) => supervisor?.signal(name))
        work.push(keepVariables(config.envTemplates, (values) => supervisor!.run(values), around, over).then((done) => done || end(1)))
      }
      if (config.exit_after_auth) void Promise.all(rendered).then(() => end(code))
    }
    await aborted(over)
    await supervisor?.stop()
    await Promise.all(work)
  } finally {
    own.abort()
    for (const proxy of proxies) proxy.close().closeAllConnections()
    if (config.pid_file !== undefined) rmSync(config.pid_file, { force: true })
  }
  return code
}

function connect(config: AgentConfig, variables: Variables): { client: Client; transport: ReturnType<typeof agentTransport> } {
  const address = config.vault.address ?? variables.STRONGROOM_ADDR ?? variables.BAO_ADDR ?? variables.VAULT_ADDR ?? 'https://127.0.0.1:8200'
  if (!/^https?:\/\//.test(address)) throw invalid('vault: the address must begin with http:// or https://')
  const transport = agentTransport({ ...config.vault, ca_cert: config.vault.ca_cert ?? variables.VAULT_CACERT })
  const namespace = config.vault.namespace ?? variables.VAULT_NAMESPACE
  const token = config.method === null ? variables.VAULT_TOKEN : undefined
  return { client: new Client({ address, token, namespace, transport, retries: Math.min(config.vault.retries, 3), retryWait: 250 }), transport }
}

/** Without auto-auth the token of the environment serves. */
function startSession(config: AgentConfig, client: Client, secrets: Secrets, report: Report, signal: AbortSignal, end: (code: number) => void): { ready: Promise<void>; kept: Promise<void> } {
  const { method, sinks } = config
  if (method === null) return { ready: Promise.resolve(), kept: Promise.resolve() }
  let loggedIn: () => void = () => {}
  const ready = new Promise<void>((resolve) => (loggedIn = resolve))
  const told = (): void => {
    secrets.forget()
    loggedIn()
  }
  const kept = keepToken({ client, method, sinks, report, loggedIn: told }, signal).catch((cause: unknown) => {
    report('error', (cause as Error).message)
    end(1)
  })
  return { ready, kept }
}

const aborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => (signal.aborted ? resolve() : signal.addEventListener('abort', () => resolve(), { once: true })))
