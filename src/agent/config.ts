// The agent's configuration: Vault agent's stanzas as documented fields, read from HCL or JSON.
import { readFileSync, readdirSync, statSync } from 'node:fs'
import { extname, join } from 'node:path'
import { type HclBlock, HclBody, parseHcl } from '../hcl/index.ts'
import { invalid } from '../kit/errors.ts'
import { type Fields, type Values, boolean, choice, duration, integer, isObject, list, parseFields, text } from '../kit/field.ts'

const vaultFields = {
  address: text({ about: 'Address of the server; default the environment\'s VAULT_ADDR.' }),
  namespace: text({ about: 'Namespace of every request.' }),
  ca_cert: text({ about: 'File with the authorities to trust, PEM.' }),
  client_cert: text({ about: 'File with the client certificate, PEM.' }),
  client_key: text({ about: 'File with its key, PEM.' }),
  tls_skip_verify: boolean({ about: 'Do not verify the server\'s certificate. Not for production.', default: false }),
  tls_server_name: text({ about: 'Name to expect in the server\'s certificate.' }),
} satisfies Fields

const agentFields = {
  pid_file: text({ about: 'File that holds the process id while the agent runs.' }),
  exit_after_auth: boolean({ about: 'End once every sink and template was written.', default: false }),
  log_level: choice(['trace', 'debug', 'info', 'warn', 'error'])({ about: 'Least important messages that are logged.', default: 'info' }),
} satisfies Fields

const methodFields = {
  mount_path: text({ about: 'Where the auth method is mounted; default auth/TYPE.' }),
  namespace: text({ about: 'Namespace of the login.' }),
  min_backoff: duration({ about: 'First wait after a failed login.', default: 1 }),
  max_backoff: duration({ about: 'Longest wait after a failed login.', default: 300 }),
  exit_on_err: boolean({ about: 'End when a login fails.', default: false }),
} satisfies Fields

const sinkFields = {
  wrap_ttl: text({ about: 'Writes a wrapped token that lives so long.' }),
} satisfies Fields

const fileSinkFields = {
  path: text({ about: 'The file.', required: true }),
  mode: text({ about: 'Its mode, octal.', default: '0640' }),
  owner: integer({ about: 'User id that shall own it.' }),
  group: integer({ about: 'Group id that shall own it.' }),
} satisfies Fields

const templateFields = {
  source: text({ about: 'File with the template.' }),
  contents: text({ about: 'The template itself.' }),
  destination: text({ about: 'File that is written.', required: true }),
  create_dest_dirs: boolean({ about: 'Make missing folders.', default: true }),
  perms: text({ about: 'Mode of the file, octal.', default: '0600' }),
  uid: integer({ about: 'User id that shall own it.' }),
  gid: integer({ about: 'Group id that shall own it.' }),
  command: text({ about: 'Shell command to run when the file changed.' }),
  error_on_missing_key: boolean({ about: 'A missing field is an error.', default: false }),
  left_delimiter: text({ about: 'Instead of {{.', default: '{{' }),
  right_delimiter: text({ about: 'Instead of }}.', default: '}}' }),
} satisfies Fields

const envTemplateFields = {
  source: templateFields.source,
  contents: templateFields.contents,
  error_on_missing_key: templateFields.error_on_missing_key,
  left_delimiter: templateFields.left_delimiter,
  right_delimiter: templateFields.right_delimiter,
} satisfies Fields

const commandFields = {
  command: list({ about: 'Program and arguments; one text is given to the shell.', required: true }),
  timeout: duration({ about: 'Longest run.', default: 30 }),
} satisfies Fields

const supervisedFields = {
  command: list({ about: 'Program and arguments.', required: true }),
  restart_on_secret_changes: choice(['always', 'never'])({ about: 'Whether new values restart it.', default: 'always' }),
  restart_stop_signal: text({ about: 'Signal that asks it to end.', default: 'SIGTERM' }),
} satisfies Fields

const renderFields = {
  exit_on_retry_failure: boolean({ about: 'End when a template could not be rendered after several attempts.', default: true }),
  static_secret_render_interval: duration({ about: 'How often secrets without a lease are read again.', default: 300 }),
  max_attempts: integer({ about: 'Attempts before a template is given up.', default: 12 }),
} satisfies Fields

const listenerFields = {
  address: text({ about: 'Loopback address and port.', default: '127.0.0.1:8100' }),
  tls_disable: boolean({ about: 'Must be true: the proxy speaks HTTP, on loopback alone.', default: false }),
  require_request_header: boolean({ about: 'Refuse requests without X-Vault-Request: true.', default: true }),
} satisfies Fields

export interface MethodConfig extends Values<typeof methodFields> {
  type: string
  /** The method's own settings. */
  config: Record<string, unknown>
}
export interface SinkConfig extends Values<typeof sinkFields>, Values<typeof fileSinkFields> {}
export interface TemplateConfig extends Values<typeof templateFields> {
  exec: Values<typeof commandFields> | null
}
export interface EnvTemplateConfig extends Values<typeof envTemplateFields> {
  name: string
}
export type Supervised = Values<typeof supervisedFields>
export type ProxyConfig = Values<typeof listenerFields>

export interface AgentConfig extends Values<typeof agentFields> {
  vault: Values<typeof vaultFields> & { retries: number }
  method: MethodConfig | null
  sinks: SinkConfig[]
  templates: TemplateConfig[]
  envTemplates: EnvTemplateConfig[]
  render: Values<typeof renderFields>
  exec: Supervised | null
  listeners: ProxyConfig[]
  /** Whether the proxy adds the agent's own token where a request has none. */
  useAutoAuthToken: boolean
  /** What was read and is not known, for a warning. */
  unknown: string[]
}

const known = [...Object.keys(agentFields), 'vault', 'auto_auth', 'template', 'env_template', 'template_config', 'exec', 'listener', 'api_proxy', 'cache', 'log_format', 'log_file', 'disable_idle_conns', 'disable_keep_alives', 'telemetry']

/** Reads files and folders of `.hcl` and `.json` files; throws `invalid` naming file and field. */
export function readAgentConfig(paths: readonly string[]): AgentConfig {
  const files = paths.flatMap((path) => (statSync(path).isDirectory() ? readdirSync(path).sort().filter((name) => ['.hcl', '.json'].includes(extname(name))).map((name) => join(path, name)) : [path]))
  if (files.length === 0) throw invalid('no configuration files found')
  const items = files.flatMap((file) => {
    try {
      return parseHcl(readFileSync(file, 'utf8')).items
    } catch (cause) {
      throw invalid(`${file}: ${(cause as Error).message}`)
    }
  })
  return toAgentConfig(new HclBody(items))
}

export function toAgentConfig(body: HclBody): AgentConfig {
  const one = (type: string): HclBlock | undefined => atMostOne(body.blocks(type), type)
  const vault = one('vault')
  const autoAuth = one('auto_auth')
  const exec = one('exec')
  const proxy = one('api_proxy')?.body.toObject() ?? {}
  const cache = one('cache')?.body
  if (cache?.has('persist')) throw invalid('cache: nothing is kept on disk; leave out "persist"')
  const config: AgentConfig = {
    ...parseFields(agentFields, body.toObject()),
    vault: { ...parseFields(vaultFields, vault?.body.toObject() ?? {}), retries: retriesOf(vault) },
    method: autoAuth ? methodOf(autoAuth) : null,
    sinks: autoAuth?.body.blocks('sink', 1).map(sinkOf) ?? [],
    templates: body.blocks('template').map(templateOf),
    envTemplates: body.blocks('env_template', 1).map((block) => ({ ...sourced(parseFields(envTemplateFields, block.body.toObject()), block), name: block.labels[0]! })),
    render: parseFields(renderFields, one('template_config')?.body.toObject() ?? {}),
    exec: exec ? parseFields(supervisedFields, exec.body.toObject()) : null,
    listeners: body.blocks('listener', 1).map(listenerOf),
    useAutoAuthToken: [proxy.use_auto_auth_token, cache?.get('use_auto_auth_token')].some((value) => value === true || value === 'true' || value === 'force'),
    unknown: body.keys().filter((key) => !known.includes(key)),
  }
  if (config.method === null && config.listeners.length === 0 && config.templates.length === 0 && config.exec === null) throw invalid('nothing to do: add auto_auth, template, exec or listener')
  if (config.envTemplates.length > 0 && config.exec === null) throw invalid('env_template: needs an exec stanza')
  return config
}

function atMostOne(blocks: HclBlock[], type: string): HclBlock | undefined {
  if (blocks.length > 1) throw invalid(`${type}: expected one block`)
  return blocks[0]
}

function retriesOf(vault: HclBlock | undefined): number {
  const retry = vault && atMostOne(vault.body.blocks('retry'), 'retry')
  const count = retry === undefined ? 12 : Number(retry.body.get('num_retries') ?? 12)
  // Vault's 0 is its default, -1 none.
  return count < 0 ? 0 : Math.min(count || 12, 100)
}

function methodOf(autoAuth: HclBlock): MethodConfig {
  const blocks = autoAuth.body.blocks('method').flatMap(({ body, ...rest }) => (body.has('type') ? [{ ...rest, body, labels: [String(body.get('type'))] }] : []))
  const block = atMostOne(blocks.length > 0 ? blocks : autoAuth.body.blocks('method', 1), 'method')
  if (!block) throw invalid('auto_auth: needs a method')
  const values = block.body.toObject()
  return { ...parseFields(methodFields, values), type: block.labels[0]!, config: isObject(values.config) ? values.config : {} }
}

function sinkOf(block: HclBlock): SinkConfig {
  if (block.labels[0] !== 'file') throw invalid(`sink "${block.labels[0]}" is not known: use "file"`)
  const values = block.body.toObject()
  if (values.dh_type !== undefined) throw invalid('sink: encryption of the file is not offered; use wrap_ttl and its mode')
  return { ...parseFields(sinkFields, values), ...parseFields(fileSinkFields, isObject(values.config) ? values.config : {}) }
}

function templateOf(block: HclBlock): TemplateConfig {
  const exec = atMostOne(block.body.blocks('exec'), 'exec')
  return { ...sourced(parseFields(templateFields, block.body.toObject()), block), exec: exec ? parseFields(commandFields, exec.body.toObject()) : null }
}

function sourced<T extends { source: string | undefined; contents: string | undefined }>(config: T, { type, line }: HclBlock): T {
  if ((config.source === undefined) === (config.contents === undefined)) throw invalid(`${type} in line ${line}: expected either source or contents`)
  return config
}

function listenerOf(block: HclBlock): ProxyConfig {
  if (block.labels[0] !== 'tcp') throw invalid(`listener "${block.labels[0]}" is not known: use "tcp"`)
  const config = parseFields(listenerFields, block.body.toObject())
  if (!/^(127(\.\d+){3}|localhost|\[::1\]):\d+$/.test(config.address)) throw invalid('listener: the agent listens on loopback alone')
  if (!config.tls_disable) throw invalid('listener: set tls_disable = true; the agent speaks HTTP on loopback')
  return config
}
