// What a database of a kind promises to the engine: accounts are made, changed and dropped by statements.
import { Fault } from '../../../kit/errors.ts'
import { boolean, duration, integer, text, type Fields, type Values } from '../../../kit/field.ts'
import type { Credential, CredentialType } from '../credential.ts'

export interface Account {
  username: string
  login?: Credential['login']
  /** Milliseconds since 1970. */
  expiration?: number
}

export interface Database {
  /** Throws unless the settings log in. */
  ping(): Promise<void>
  /** All of the statements or none; throws `invalid` where there are none. */
  create(account: Account, statements: string[]): Promise<void>
  setLogin(account: Account, statements: string[]): Promise<void>
  setExpiration(account: Account, statements: string[]): Promise<void>
  /** Safe to repeat. */
  drop(account: Account, statements: string[]): Promise<void>
  close(): Promise<void>
}

export interface Driver {
  /** `plugin_name` of a connection. */
  plugin: string
  about: string
  /** Connection settings; a field that is `secret` is never shown. */
  options: Fields
  credentials: readonly CredentialType[]
  usernameTemplate: string
  /** Throws `invalid` for settings that it cannot use; connects when it is first used. */
  open(options: Record<string, unknown>): Database
}

/** The far end does not accept the user name and password of the connection. */
export class LoginRefused extends Fault {
  constructor(message: string) {
    super('upstream', message)
  }
}

/** Settings that drivers of SQL databases share; every driver that has one of them takes it from here. */
export const sqlOptions = {
  connection_url: text({ about: 'Where the database is; {{username}} and {{password}} are put in from the settings of these names.', secret: true }),
  username: text({ about: 'User name of the administrator that makes accounts.' }),
  password: text({ about: 'Its password; rotate-root replaces it by one that nobody knows.', secret: true }),
  disable_escaping: boolean({ about: 'Put user name and password into the URL as they are.' }),
  username_template: text({ about: 'Template of the user names that are made.' }),
  max_open_connections: integer({ about: 'Connections at most; default 4.' }),
  max_idle_connections: integer({ about: 'Accepted for other clients; idle connections are closed after 30 seconds.' }),
  max_connection_lifetime: duration({ about: 'Seconds after which a connection is replaced; 0 for never.' }),
  tls_ca: text({ about: 'Certificate authority of the server, PEM.' }),
  tls_certificate: text({ about: 'Client certificate, PEM.' }),
  private_key: text({ about: 'Key of the client certificate, PEM.', secret: true }),
}

export type SqlOptions = Partial<Values<typeof sqlOptions>>

/** `connection_url` with user name and password in their places. */
export function fillUrl(options: SqlOptions): string {
  const url = options.connection_url ?? ''
  const escape = options.disable_escaping || !/^[a-z][a-z0-9+.-]*:\/\//i.test(url) ? (value: string) => value : encodeURIComponent
  return url
    .replaceAll(/\{\{\s*username\s*\}\}/g, () => escape(options.username ?? ''))
    .replaceAll(/\{\{\s*password\s*\}\}/g, () => escape(options.password ?? ''))
}
