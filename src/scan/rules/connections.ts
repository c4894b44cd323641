// Passwords inside addresses and connection strings, and on command lines.
import type { Rule } from '../rule.ts'
import { holdsExampleWord } from '../generic/placeholder.ts'
import { joined } from './shape.ts'

const rfc = 'https://datatracker.ietf.org/doc/html/rfc3986#section-3.2.1'
const placeholder = new RegExp(
  [
    '^(?:pass(?:w(?:or)?d|phrase)?|pw|pwd|secret|user(?:name)?|my_?pass(?:word)?|db_?pass(?:word)?|your.{0,20}|some.{0,20}|token|key',
    'foo|bar|test|example|changeme|null|none|empty|undefined|redacted|hidden|removed|root:?|admin|guest|postgres|mysql',
    '[*]{1,200}|x{1,200}|[.]{1,200}|-{1,200}|_{1,200})$',
  ].join('|'),
  'i',
)

/** Is it a value, and not a place where a value goes? */
export function isValue(text: string): boolean {
  if (/^[A-Za-z_-]+$/.test(text) && holdsExampleWord(text)) return false
  if (placeholder.test(text) || /^[<[{($%]|[>\]}]$|\$\{|\{\{|\$\(|#\{|%[a-z]+%|<[a-z_ -]{2,}>|\.\.\./i.test(text)) return false
  return new Set(text).size >= Math.min(3, text.length)
}

interface Scheme {
  id: string
  about: string
  schemes: string
  keywords: string[]
  source?: string
}

const schemes: Scheme[] = [
  { id: 'postgres-uri', about: 'PostgreSQL address with its password',
    schemes: 'postgres(?:ql)?|postgis|pgsql|pgx?|cockroach(?:db)?|timescale(?:db)?|redshift', keywords: ['postgres', 'postgis',
    'pgsql://', 'pgx://', 'pg://', 'cockroach', 'redshift', 'timescale'],
    source: 'https://www.postgresql.org/docs/current/libpq-connect.html' },
  { id: 'mysql-uri', about: 'MySQL address with its password', schemes: 'mysqlx?|mariadb|mymysql|tidb|vitess|my', keywords: ['mysql',
    'mariadb', 'tidb', 'my://'], source: 'https://dev.mysql.com/doc/refman/en/connecting-using-uri-or-key-value-pairs.html' },
  { id: 'mongodb-uri', about: 'MongoDB address with its password', schemes: 'mongodb(?:\\+srv)?', keywords: ['mongodb'],
    source: 'https://www.mongodb.com/docs/manual/reference/connection-string/' },
  { id: 'redis-uri', about: 'Redis address with its password', schemes: 'rediss?|valkeys?|keydb', keywords: ['redis', 'valkey', 'keydb'],
    source: 'https://www.iana.org/assignments/uri-schemes/prov/redis' },
  { id: 'amqp-uri', about: 'AMQP (RabbitMQ) address with its password', schemes: 'amqps?|rabbitmq', keywords: ['amqp', 'rabbitmq'],
    source: 'https://www.rabbitmq.com/docs/uri-spec' },
  { id: 'broker-uri', about: 'Address of a message broker with its password', schemes: 'mqtts?|nats|stomp|kafka|pulsar|tcp|wss?',
    keywords: ['mqtt', 'nats://', 'stomp', 'kafka', 'pulsar', 'tcp://', 'ws://', 'wss://'] },
  { id: 'sql-uri', about: 'Database address with its password',
    schemes: [
      'mssql|sqlserver|ms|oracle|godror|snowflake|clickhouse|cassandra|ca|couchbases?|neo4j(?:\\+s)?|bolt|vertica|firebird|ignite',
      'odbc\\+?[a-z0-9]{0,8}|influxdb|arangodb|trino|presto|hive2?|db2|couchdb|memcached?|elasticsearch|driver',
    ].join('|'),
    keywords: ['mssql', 'sqlserver', 'oracle', 'godror', 'snowflake', 'clickhouse', 'cassandra', 'couchbase', 'neo4j', 'bolt', 'vertica',
    'firebird', 'ignite', 'odbc', 'influx', 'arango', 'trino', 'presto', 'hive', 'db2', 'couchdb', 'memcache', 'elastic', 'ms://',
    'ca://'] },
  { id: 'ftp-uri', about: 'FTP or SFTP address with its password', schemes: 's?ftps?|scp|ssh|smb|cifs|afp|webdavs?|davs?',
    keywords: ['ftp://', 'ftps://', 'scp://', 'ssh://', 'smb://', 'cifs://', 'dav://'] },
  { id: 'mail-uri', about: 'Address of a mail server with its password', schemes: 'smtps?|imaps?|pop3s?', keywords: ['smtp', 'imap',
    'pop3'] },
  { id: 'ldap-uri', about: 'LDAP address with its password', schemes: 'ldaps?', keywords: ['ldap'] },
  { id: 'proxy-uri', about: 'Address of a proxy with its password', schemes: 'socks[45]?[ah]?', keywords: ['socks'] },
]

function schemeRule(row: Scheme): Rule {
  const scheme = row.keywords[0]!.replace('://', '')
  return {
    id: row.id,
    about: row.about,
    source: row.source ?? rfc,
    keywords: row.keywords,
    pattern: new RegExp(
      [
        `(?<![A-Za-z])(?:(?:jdbc|sqlalchemy|dsn|r2dbc):)?(?:${row.schemes})(?:\\+[a-z0-9_]{2,16})?://`,
        '(?<user>[^\\s:/@"\'`<>?#,|(){}]{0,80}):(?!\\k<user>@)(?<secret>[^\\s/"\'`<>?#,|]{1,120})@',
        '[A-Za-z0-9_.\\[][A-Za-z0-9_.:\\[\\]-]{0,253}',
      ].join(''),
        'i'),
    check: password => isValue(password.replace(/@.*$/, '')),
    confidence: 'medium',
    generic: true,
    hits: [`${scheme}://service:4ny-${'p4ssw0rd'}-9x@db.acme.test/app`],
    misses: [`${scheme}://user:\${PASSWORD}@db/app`, `${scheme}://db.acme.test:1234/app`, `${scheme}://user:password@localhost`],
  }
}

export const connections: Rule[] = [
  ...schemes.map(schemeRule),
  {
    id: 'jdbc-password',
    about: 'Password among the parameters of a database address',
    source: 'https://docs.oracle.com/javase/tutorial/jdbc/basics/connecting.html',
    keywords: ['jdbc:'],
    pattern: /jdbc:[a-z0-9:]{2,40}[^\s"'<>]{0,200}?[?&;](?:password|pwd)=(?<secret>[^\s"'&;<>]{4,80})/i,
    check: isValue,
    window: 400,
    confidence: 'medium',
    hits: [`jdbc:postgresql://db/app?user=jo&password=4ny-${'p4ss'}-9x`],
    misses: ['jdbc:postgresql://db/app?user=jo&password=${DB_PASSWORD}'],
  },
  {
    id: 'oracle-thin-password',
    about: 'Password in an Oracle thin address',
    source: 'https://docs.oracle.com/en/database/oracle/oracle-database/19/jjdbc/',
    keywords: ['jdbc:oracle'],
    pattern: /jdbc:oracle:thin:[A-Za-z0-9_$]{1,40}\/(?<secret>[^\s"'@/]{4,60})@/i,
    check: isValue,
    confidence: 'medium',
    hits: [`jdbc:oracle:thin:jo/4ny${'p4ss'}9x@//db:1521/app`],
    misses: ['jdbc:oracle:thin:@//db:1521/app'],
  },
  {
    id: 'odbc-password',
    about: 'Password in an ODBC or ADO connection string',
    source: 'https://learn.microsoft.com/en-us/dotnet/framework/data/adonet/connection-string-syntax',
    keywords: ['pwd', 'password'],
    pattern: joined(
      /(?:user ?id|uid|user|username)\s{0,2}=\s{0,2}[^;"'\n]{1,60};[^\n]{0,120}?(?<![A-Za-z_])(?:password|pwd)\s{0,2}=/i,
      /\s{0,2}["']?(?<secret>[^\s;"'<>{}$%]{3,80})/i,
    ),
    check: text => text.length > 3 && isValue(text),
    generic: true,
    confidence: 'medium',
    hits: [`Server=db;Uid=jo;Pwd=4ny-${'p4ss'}-9x;Database=app`],
    misses: ['Server=db;Uid=jo;Pwd=${PASSWORD};', 'Server=db;Trusted_Connection=True;'],
  },
  {
    id: 'curl-user-password',
    about: 'User and password on a curl command line',
    source: 'https://curl.se/docs/manpage.html#-u',
    keywords: ['curl'],
    pattern: joined(
      /\bcurl(?:[^\n]|\\\r?\n){0,500}?\s(?:-u|--user|--proxy-user|-U)[ =]{0,3}/,
      /(?<secret>"[^"\n:]{0,80}:[^"\n]{3,100}"|'[^'\n:]{0,80}:[^'\n]{3,100}'|"[^"\n]{1,60}":"[^"\n]{3,80}"|[^\s"':]{1,80}:(?:'[^'\n]{3,80}'|[^\s"']{3,80}))/,
    ),
    check: isLogin,
    window: 700,
    confidence: 'medium',
    hits: [`curl -u jo:4ny-${'p4ss'}-9x https://acme.test`, `curl -s --user 'api:4ny-${'p4ss'}-9x' https://acme.test`],
    misses: ['curl -u "$USER:$PASSWORD" https://acme.test', 'curl -u user:pass https://acme.test', 'curl -u jo https://acme.test'],
  },
  {
    id: 'curl-auth-header',
    about: 'Credential in a header on a curl command line',
    source: 'https://curl.se/docs/manpage.html#-H',
    keywords: ['curl'],
    pattern: joined(
      /\bcurl(?:[^\n]|\\\r?\n|(?<=["'])\r?\n){0,700}?(?:-H|--header)[ =]{0,3}["']/,
      /(?:(?i:authorization)\s{0,3}:\s{0,3}(?:(?i:basic|bearer|token|api-token|apikey|key|splunk|sso-key)\s{1,3})?|(?:(?i:x-[a-z0-9-]{0,20}(?:api-?key|token|auth|secret|key)[a-z-]{0,8}|api-?key|api-?token|token|private-token|auth-token|job-token))\s{0,3}:\s{0,3})/,
      /(?<secret>[A-Za-z0-9_~+/=.:@!-]{8,2000})["']/,
    ),
    check: isCredential,
    window: 900,
    confidence: 'medium',
    hits: [`curl -H "Authorization: Bearer ${'a1b2c3d4'.repeat(4)}" https://acme.test`,
      `curl --header 'X-Api-Key: ${'0a9b8c7d'.repeat(3)}' https://acme.test`],
    misses: ['curl -H "Authorization: Bearer $TOKEN" https://acme.test', 'curl -H "Authorization: Bearer XXXXXXXXXXXX" https://acme.test'],
  },
  {
    id: 'psexec-password',
    about: 'Password on a PsExec or net use command line',
    source: 'https://learn.microsoft.com/en-us/sysinternals/downloads/psexec',
    keywords: ['psexec', 'paexec', 'wmic '],
    pattern: /(?:psexec|paexec|wmic)(?:\.exe)?[^\n]{0,120}?\s-u\s{1,3}[^\s]{1,60}\s{1,3}-p\s{1,3}(?<secret>[^\s"']{3,60}|"[^"\n]{3,60}")/i,
    confidence: 'low',
    hits: ['psexec \\\\10.0.0.9 -u jo -p 4nyp4ss9x cmd'],
    misses: ['psexec \\\\10.0.0.9 cmd'],
  },
  {
    id: 'sshpass-password',
    about: 'Password on an sshpass command line',
    source: 'https://linux.die.net/man/1/sshpass',
    keywords: ['sshpass'],
    pattern: /sshpass\s{1,3}-p\s{0,3}(?<secret>"[^"\n$]{3,60}"|'[^'\n]{3,60}'|[^\s"'$]{3,60})/,
    check: text => isValue(text.replace(/["']/g, '')),
    confidence: 'medium',
    hits: [`sshpass -p '4ny-${'p4ss'}-9x' ssh jo@acme.test`],
    misses: ['sshpass -p "$PASSWORD" ssh jo@acme.test', 'sshpass -e ssh jo@acme.test'],
  },
  {
    id: 'netrc-password',
    about: 'Password in a .netrc file',
    source: 'https://www.gnu.org/software/inetutils/manual/html_node/The-_002enetrc-file.html',
    keywords: ['machine'],
    pattern: /(?:^|\n)\s{0,8}machine\s{1,8}[^\s]{1,120}\s{1,8}login\s{1,8}[^\s]{1,80}\s{1,8}password\s{1,8}(?<secret>[^\s]{4,120})/,
    check: isValue,
    confidence: 'high',
    hits: [`machine acme.test login jo password 4ny-${'p4ss'}-9x`],
    misses: ['machine acme.test login jo password ${PASSWORD}'],
  },
  {
    id: 'htpasswd-docker-auth',
    about: 'Credential of a registry in a Docker configuration',
    source: 'https://docs.docker.com/reference/cli/docker/login/',
    keywords: ['"auth"', '"identitytoken"'],
    pattern: /"(?:auth|identitytoken)"\s{0,4}:\s{0,4}"(?<secret>[A-Za-z0-9+/_.-]{12,4000}={0,2})"/,
    check: text => /^[^\s:]{1,120}:[\x21-\x7e]{3,}/.test(Buffer.from(text, 'base64').toString('latin1')) || text.length > 60,
    window: 512,
    confidence: 'high',
    hits: [`{"auths": {"acme.test": {"auth": "${Buffer.from('jo:4ny-p4ss-9x').toString('base64')}"}}}`],
    misses: ['{"auth": "none"}', '{"auth": "required-always"}'],
  },
]

function isLogin(text: string): boolean {
  const plain = text.replace(/["']/g, '')
  const colon = plain.indexOf(':')
  const [user, password] = [plain.slice(0, colon), plain.slice(colon + 1)]
  if (/\$[\w({]|\{\{|^\W*$/.test(plain) || /^<|>$/.test(plain)) return false
  if (!isValue(password.replace(/^\{(.*)\}$/, '$1')) && !(password === '' && isValue(user) && user.length > 8)) return false
  return user !== password
}

function isCredential(text: string): boolean {
  return isValue(text) && new Set(text.toLowerCase()).size >= 6 && !/^x+$/i.test(text) && (/\d/.test(text) || text.endsWith('='))
}
