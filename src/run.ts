// The server as a process: from a configuration, for development, or for one person's machine; until a signal ends it.
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { randomBytes } from 'node:crypto'
import { join, resolve } from 'node:path'
import { type Config, environment, listenerDefaults, readConfig, toConfig } from './config.ts'
import { rootNamespace } from './core/namespaces.ts'
import { makeCertificates } from './http/self-signed.ts'
import { type Log, levelOf, makeLog } from './log.ts'
import { type Server, openSeal, openStorage, startServer } from './server.ts'
import { type OfflineFindings, restoreOffline, verifyOffline } from './snapshot/offline.ts'
import { mountDefaults } from './system/default-mounts.ts'
import { version } from './version.ts'
import { startWorkers, workerCount } from './workers.ts'

export interface DevOptions {
  rootToken?: string | undefined
  /** Default 127.0.0.1:8200. */
  listenAddress?: string | undefined
  tls?: boolean | undefined
  /** Where the certificates of `tls` are written; default a new temporary folder. */
  tlsFolder?: string | undefined
  /** Version of the KV mount at `secret/`; null for none. */
  kv?: 1 | 2 | null
  /** Told the root token, to store it where the command line looks. */
  keepToken?: ((token: string) => unknown) | undefined
}

export interface RunOptions {
  config?: string[]
  dev?: DevOptions | undefined
  logLevel?: string | undefined
  logFormat?: string | undefined
  /** Reads the configuration and ends. */
  checkOnly?: boolean
}

const print = (line: string): void => void process.stdout.write(`${line}\n`)

/** Runs until SIGINT or SIGTERM; SIGHUP reloads certificates, the log level and audit files. Resolves to the exit code. */
export async function runServer(options: RunOptions): Promise<number> {
  const config = options.dev ? await devConfig(options.dev) : await readConfig(options.config ?? [])
  if (options.checkOnly) return 0
  const log = makeLog(levelOf(options.logLevel) ?? config.log_level, options.logFormat === 'json' ? 'json' : config.log_format, (line) => process.stderr.write(`${line}\n`))
  for (const name of config.unknown) log.write('warn', 'unknown setting in the configuration', { name })
  const count = options.dev ? 1 : workerCount(config)
  if (count > 1) return runWorkers(config, count, log)
  const server = await startServer(config, log, { development: options.dev !== undefined })
  const addresses = server.listening.map((one) => one.address)
  print(banner(config, addresses))
  if (options.dev) await prepareDev(server, options.dev)
  log.write('info', 'the server is listening', { addresses: addresses.join(',') })
  return untilSignal(config, log, { stop: () => server.stop(), reload: () => reload(server, log, options) })
}

/** `strongroom start`: a persistent, unsealed server on loopback in one folder; found again at the next start. */
export async function startLocal(options: { listenAddress?: string } = {}): Promise<number> {
  const home = resolve(environment.home())
  mkdirSync(home, { recursive: true, mode: 0o700 })
  const keyFile = join(home, 'seal.key')
  const tokenFile = join(home, 'root-token')
  if (!existsSync(keyFile)) writeFileSync(keyFile, `${randomBytes(32).toString('hex')}\n`, { mode: 0o600, flag: 'wx' })
  const config = toConfig({
    storage: { sqlite: { path: join(home, 'strongroom.db') } },
    listener: { tcp: { address: options.listenAddress ?? '127.0.0.1:8200', tls_disable: true } },
    seal: { static: { current_key_id: 'local', current_key: `file://${keyFile}` } },
    audit: { file: { file: { options: { file_path: join(home, 'audit.log') } } } },
    audit_folder: join(home, 'audit'),
    log_level: 'warn',
  })
  const log = makeLog(config.log_level, config.log_format, (line) => process.stderr.write(`${line}\n`))
  const server = await startServer(config, log)
  const first = !(await server.keeper.status()).initialized
  if (first) {
    const { rootToken } = await server.keeper.initialize({ shares: 1, threshold: 1 })
    writeFileSync(tokenFile, `${rootToken}\n`, { mode: 0o600 })
    await mountDefaults(server.core, rootNamespace)
  }
  const address = server.listening[0]!.address
  print(
    [
      `Strongroom ${version} is ready at ${address}`,
      first ? `A new store was made in ${home}` : `The store in ${home} was found again`,
      '',
      `  export VAULT_ADDR=${address}`,
      `  log in:   bin/strongroom login - < ${tokenFile}`,
      '  write:    bin/strongroom kv put secret/first greeting=hello',
      '  read:     bin/strongroom kv get secret/first',
      '',
      `The key that unseals it is ${keyFile}; keep a copy elsewhere. Stop with Ctrl-C.`,
    ].join('\n'),
  )
  return untilSignal(config, log, { stop: () => server.stop(), reload: () => server.reload() })
}

/** Fills the empty store of a server that does not run from a snapshot. */
export async function restoreStopped(file: string, paths: readonly string[]): Promise<void> {
  const config = await readConfig(paths)
  const storage = await openStorage(config)
  try {
    await restoreOffline(file, storage, config.storage.type)
  } finally {
    await storage.close()
  }
}

/** Proves that a snapshot opens with the seal of a configuration, or with shares. */
export async function verifyStopped(file: string, paths: readonly string[], shares: () => Promise<Buffer[]>): Promise<OfflineFindings> {
  return verifyOffline(file, await openSeal(await readConfig(paths), false), shares)
}

async function devConfig(dev: DevOptions): Promise<Config> {
  const config = toConfig({ storage: { memory: {} }, log_level: 'warn' })
  const listener = { ...listenerDefaults(), address: dev.listenAddress ?? '127.0.0.1:8200', tls_disable: !dev.tls }
  if (dev.tls) {
    const files = await makeCertificates(dev.tlsFolder)
    Object.assign(listener, { tls_cert_file: files.cert, tls_key_file: files.key })
    print(`    $ export VAULT_CACERT='${files.ca}'`)
  }
  return { ...config, listeners: [listener] }
}

async function prepareDev(server: Server, dev: DevOptions): Promise<void> {
  const { keys, rootToken } = await server.keeper.initialize({ shares: 1, threshold: 1 })
  await server.keeper.unseal(keys[0]!, false)
  await mountDefaults(server.core, rootNamespace, dev.kv === undefined ? 2 : dev.kv)
  let token = rootToken
  if (dev.rootToken !== undefined && dev.rootToken !== '') {
    token = await server.core.mintRootToken(dev.rootToken)
    await server.core.revoke((await server.core.tokens.lookup(rootToken))!.key)
  }
  await dev.keepToken?.(token)
  print(
    [
      '',
      'WARNING! dev mode is enabled! In this mode, Strongroom runs entirely in-memory and starts unsealed with a single unseal key.',
      'The root token is already authenticated to the CLI, so you can immediately begin using it.',
      '',
      'You may need to set the following environment variables:',
      '',
      `    $ export VAULT_ADDR='${server.listening[0]!.address}'`,
      '',
      'Clients of AWS use the same address, with a key that exists in dev mode alone:',
      '',
      `    $ export AWS_ENDPOINT_URL='${server.listening[0]!.address}'`,
      '    $ export AWS_ACCESS_KEY_ID=test AWS_SECRET_ACCESS_KEY=test AWS_REGION=us-east-1 AWS_DEFAULT_REGION=us-east-1',
      '',
      'The unseal key and root token are displayed below in case you want to seal/unseal the store or re-authenticate.',
      '',
      `Unseal Key: ${keys[0]!.toString('base64')}`,
      `Root Token: ${token}`,
      '',
      'Development mode should NOT be used in production installations!',
      '',
    ].join('\n'),
  )
}

const banner = (config: Config, addresses: readonly string[]): string =>
  [
    '==> Strongroom server configuration:',
    '',
    ...addresses.map((address, index) => `${`Listener ${index + 1}`.padStart(24)}: ${address}`),
    `${'Storage'.padStart(24)}: ${config.storage.type}`,
    `${'Version'.padStart(24)}: Strongroom v${version}`,
    '',
    '==> Strongroom server started! Log data will stream in below:',
    '',
  ].join('\n')

async function runWorkers(config: Config, count: number, log: Log): Promise<number> {
  const workers = await startWorkers(config, count)
  print(banner(config, workers.addresses))
  log.write('info', 'the server is listening', { addresses: workers.addresses.join(','), workers: count })
  const broken = workers.broken.then(async (why) => {
    log.write('error', 'stopping', { why })
    await workers.stop()
    return 1
  })
  return Promise.race([broken, untilSignal(config, log, { stop: () => workers.stop(), reload: async () => workers.reload() })])
}

function untilSignal(config: Config, log: Log, running: { stop(): Promise<void>; reload(): Promise<void> }): Promise<number> {
  const pid = config.pid_file
  if (pid !== undefined) writeFileSync(pid, `${process.pid}\n`, { mode: 0o644 })
  return new Promise((done) => {
    const end = (signal: NodeJS.Signals): void => {
      process.off('SIGINT', end).off('SIGTERM', end)
      log.write('info', 'stopping', { signal })
      void running
        .stop()
        .catch((cause: unknown) => log.write('error', 'stopping failed', { error: String(cause) }))
        .finally(() => {
          if (pid !== undefined) rmSync(pid, { force: true })
          done(0)
        })
    }
    process.on('SIGINT', end).on('SIGTERM', end)
    process.on('SIGHUP', () => void running.reload())
  })
}

async function reload(server: Server, log: Log, options: Pick<RunOptions, 'config'>): Promise<void> {
  try {
    await server.reload()
    if (options.config) log.level = (await readConfig(options.config)).log_level
    log.write('info', 'reloaded')
  } catch (cause) {
    log.write('error', 'reload failed; the former settings stay', { error: (cause as Error).message })
  }
}
