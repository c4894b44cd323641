// strongroom server
import { command, flag } from '../command.ts'
import { tokenHelper } from '../token-helper.ts'
import { UsageError } from '../usage.ts'

export const commands = [
  command({
    name: 'server',
    about: 'Start a server',
    arity: [0, 0],
    local: true,
    detail: 'With -config the server is what the files say. With -dev it is for trying things: unsealed, in memory, KV version 2 at secret/, all gone when it stops.',
    examples: [['A server for trying', 'server -dev'], ['A server', 'server -config=/etc/strongroom/strongroom.hcl']],
    flags: {
      config: flag.list('File or folder of files (HCL, JSON or YAML); may be repeated.'),
      dev: flag.boolean('Start a development server.'),
      'dev-root-token-id': flag.text('Root token of the development server.'),
      'dev-listen-address': flag.text('Address of the development server; default 127.0.0.1:8200.'),
      'dev-no-store-token': flag.boolean('Do not keep the root token for later commands.'),
      'dev-tls': flag.boolean('Development server with TLS, certificates in a temporary folder.'),
      'dev-tls-cert-dir': flag.text('Folder for the certificates of -dev-tls.'),
      'dev-no-kv': flag.boolean('Without the KV mount at secret/.'),
      'dev-kv-v1': flag.boolean('KV version 1 at secret/.'),
      'dev-ha': flag.boolean('', { hidden: true }),
      'dev-plugin-dir': flag.text('', { hidden: true }),
      'dev-transactional': flag.boolean('', { hidden: true }),
      'log-level': flag.text('trace, debug, info, warn or error.', { words: ['trace', 'debug', 'info', 'warn', 'error'] }),
      'log-format': flag.text('standard or json.', { words: ['standard', 'json'] }),
      'log-file': flag.text('', { hidden: true }),
      'exit-on-core-shutdown': flag.boolean('', { hidden: true }),
      recovery: flag.boolean('', { hidden: true }),
      'disable-storage-sync': flag.boolean('', { hidden: true }),
      'test-server-config': flag.boolean('Read the configuration and exit.', { aliases: ['check'] }),
    },
    async run({ flags, shell }) {
      const { environment } = shell
      const dev = flags.dev || flags['dev-tls'] || flags['dev-root-token-id'] !== undefined
      if (!dev && flags.config.length === 0) throw new UsageError('Must specify at least one config path using -config')
      if (flags.recovery) throw new UsageError('-recovery is not supported')
      const { runServer } = await import('../../run.ts')
      return runServer({
        config: flags.config,
        logLevel: flags['log-level'] ?? environment.get('LOG_LEVEL'),
        logFormat: flags['log-format'] ?? environment.get('LOG_FORMAT'),
        checkOnly: flags['test-server-config'],
        dev: dev
          ? {
              rootToken: flags['dev-root-token-id'] ?? environment.get('DEV_ROOT_TOKEN_ID'),
              listenAddress: flags['dev-listen-address'] ?? environment.get('DEV_LISTEN_ADDRESS') ?? '127.0.0.1:8200',
              tls: flags['dev-tls'],
              tlsFolder: flags['dev-tls-cert-dir'],
              kv: flags['dev-no-kv'] ? null : flags['dev-kv-v1'] ? 1 : 2,
              keepToken: flags['dev-no-store-token'] ? undefined : (token: string) => tokenHelper(environment).store(token),
            }
          : undefined,
      })
    },
  }),
]
