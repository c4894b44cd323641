// Every environment variable and file of the user's home that the command line reads; the only place in it that does.
// STRONGROOM_X wins over BAO_X, and that over VAULT_X; an empty value counts as unset.
export const variables = {
  ADDR: 'Address of the server; default https://127.0.0.1:8200. Also unix:///path/of/socket.',
  AGENT_ADDR: 'Address of an agent that passes requests on; wins over the address of the server, also one given by a flag.',
  TOKEN: 'Token to send; wins over the token helper.',
  NAMESPACE: 'Namespace of every request.',
  FORMAT: 'Output format: table, json, yaml, pretty or raw.',
  CACERT: 'File with the PEM certificates of the authorities to trust.',
  CACERT_BYTES: 'PEM certificates of the authorities to trust.',
  CAPATH: 'Folder with PEM certificates of the authorities to trust.',
  CLIENT_CERT: 'File with the client certificate for TLS.',
  CLIENT_KEY: 'File with the key of the client certificate.',
  SKIP_VERIFY: 'Do not verify the certificate of the server. Not for production.',
  TLS_SERVER_NAME: 'Name to expect in the certificate of the server.',
  CLIENT_TIMEOUT: 'Longest wait for an answer: seconds, or a text such as 2m; default 60s.',
  PROXY_ADDR: 'Proxy for every request; wins over HTTP_PROXY, HTTPS_PROXY and NO_PROXY, which count otherwise.',
  HTTP_PROXY: 'The same.',
  SRV_LOOKUP: 'Where the address names no port, ask DNS for the SRV record _http._tcp of its host.',
  RATE_LIMIT: 'Most requests a second, RATE or RATE:BURST.',
  MAX_RETRIES: 'Further attempts after a 5xx or 412; default 2.',
  WRAP_TTL: 'Ask for wrapped answers with this TTL.',
  MFA: 'MFA credentials, METHOD_ID[:PASSCODE].',
  DISABLE_REDIRECTS: 'Do not follow redirects of the server.',
  CLI_NO_COLOR: 'No colour on the terminal (NO_COLOR too).',
  CONFIG_PATH: 'File that names an external token helper; default ~/.vault.',
  DEV_ROOT_TOKEN_ID: 'Root token of `server -dev`.',
  DEV_LISTEN_ADDRESS: 'Address to listen on for `server -dev`.',
  LOG_LEVEL: 'Log level of the server.',
  LOG_FORMAT: 'Log format of the server.',
} as const

export type VariableName = keyof typeof variables
export type Variables = Readonly<Record<string, string | undefined>>

export class Environment {
  readonly #variables: Variables

  constructor(variables: Variables = process.env) {
    this.#variables = variables
  }

  get(name: VariableName): string | undefined {
    const found = this.#variables[`STRONGROOM_${name}`] || this.#variables[`BAO_${name}`] || this.#variables[`VAULT_${name}`]
    return found || undefined
  }

  /** Which of the three names is set, for messages. */
  nameOf(name: VariableName): string | undefined {
    return ['STRONGROOM', 'BAO', 'VAULT'].map((prefix) => `${prefix}_${name}`).find((full) => this.#variables[full])
  }

  isTrue(name: VariableName): boolean {
    return /^(1|t|true|yes)$/i.test(this.get(name) ?? '')
  }

  /** A variable that other programs know too, in capitals or not. */
  plain(name: 'HTTP_PROXY' | 'HTTPS_PROXY' | 'NO_PROXY'): string | undefined {
    return this.#variables[name] || this.#variables[name.toLowerCase()] || undefined
  }

  get proxied(): boolean {
    return (this.get('PROXY_ADDR') ?? this.get('HTTP_PROXY') ?? this.plain('HTTP_PROXY') ?? this.plain('HTTPS_PROXY')) !== undefined
  }

  get home(): string {
    return this.#variables.HOME || process.getBuiltinModule('node:os').homedir()
  }

  get tokenFile(): string {
    return `${this.home}/.vault-token`
  }

  get helperConfig(): string {
    return this.get('CONFIG_PATH') ?? `${this.home}/.vault`
  }

  get noColor(): boolean {
    return Boolean(this.#variables.NO_COLOR) || this.isTrue('CLI_NO_COLOR') || this.#variables.TERM === 'dumb'
  }

  /** The variables themselves, for programs that are started. */
  get all(): Variables {
    return this.#variables
  }
}
