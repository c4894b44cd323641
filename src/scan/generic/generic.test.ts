import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Rule } from '../rule.ts'
import { Scanner } from '../match/scanner.ts'
import { Text } from '../match/text.ts'
import { genericDetectors } from './index.ts'
import { randomness } from './language.ts'
import { kindOf } from './name.ts'
import { Named } from './named.ts'

const scanner = new Scanner({ rules: [], detectors: genericDetectors() })
const scan = (text: string, path = 'config.txt'): string[] => scanner.scan(new Text(Buffer.from(text)), { path }).map(({ rule, secret }) => `${rule} ${secret}`)

const token = 'k8Zq2vXw9RtB4mLp'
const password = 'vkzqwjxhb4'

test('a value is found beside its name in every notation', () => {
  const notations = [
    `api_key = "${token}"`, `API_KEY=${token}`, `export API_KEY='${token}'`, `apiKey: ${token}`, `"apiKey": "${token}"`, `'api-key' => '${token}'`,
    `:api_key => "${token}"`, `apiKey := "${token}"`, `api_key ::= "${token}"`, `config["api_key"] = "${token}"`, `setApiKey("${token}")`,
    `put("api_key", "${token}")`, `<apiKey>${token}</apiKey>`, `<add key="ApiKey" value="${token}"/>`, `name: API_KEY\n  value: ${token}`,
    `{\\"api_key\\": \\"${token}\\"}`, `let apiKey: string = "${token}"`, `const apiKey string = "${token}"`, `--api-key ${token}`, `API_KEY ${token}`,
    `os.environ.get("API_KEY", "${token}")`, `process.env.API_KEY || "${token}"`, `\${API_KEY:-${token}}`, `api_key = b"${token}"`, `api_key = """${token}"""`,
    `https://host/path?api_key=${token}&x=1`, `"api_keys": ["${token}"]`, `api_key += '${token}'`, `X-Api-Key: ${token}`, `@apiKey("${token}")`,
    `The api token is ${token}.`, `acme token - '${token}'`, `<secret>{acme AQAAABAAA ${token}}</secret>`,
  ]
  for (const notation of notations) assert.deepEqual(scan(notation).map((found) => found.split(' ')[1]), [token], notation)
})

test('every item of a list is judged', () => {
  assert.deepEqual(scan(`tokens: ["${token}", "changeme", "${token}7"]`), [`generic-secret ${token}`, `generic-secret ${token}7`])
})

test('what stands for a secret is none', () => {
  const values = [
    '${API_KEY}', '$API_KEY', '{{ api_key }}', '<your-api-key>', '%API_KEY%', '#{api_key}', 'changeme', 'xxxxxxxxxxxxxxxx', '****************',
    'your_api_key_here', 'placeholder', 'null', 'undefined', 'apikey', 'my-secret-token', 'example_key_123', 'REPLACE_ME', 'redacted', 'password',
    '/etc/keys/api.pem', 'https://example.com/key', 'config.get.apiKey', 'vault:secret/data/api', 'arn:aws:secretsmanager:eu-west-1:1:secret:x',
    'TODO', '1234567890', 'abcdefgh', 'test-token', 'ssh-rsa AAAAB3NzaC1yc2E', 'AKIAIOSFODNN7EXAMPLE', 'sha256:', 'process.env.KEY', 'userInput',
  ]
  for (const value of values) assert.deepEqual(scan(`api_key = "${value}"`), [], value)
})

test('passwords that people choose are told from the words of a program', () => {
  for (const value of [password, 'P@ssw0rd123', 'tr0ub4dor&3', 'Gx7!kd2#', 'super$ecret', 'pa55word!']) assert.equal(scan(`db_password = "${value}"`).length, 1, value)
  for (const value of ['password', 'secret', 'string', 'required', 'forgot_password', 'Enter your password', 'PasswordField']) {
    assert.deepEqual(scan(`password = "${value}"`), [], value)
  }
})

test('words that a person strung together are a secret beside a name that says so', () => {
  for (const value of ['valid-until-somebody-remembers-it', 'nobody-will-ever-guess-this']) assert.deepEqual(scan(`const accessToken = '${value}'`), [`generic-secret ${value}`], value)
})

test('an expression of a program is no value', () => {
  for (const line of ['password = getPassword()', 'token = request.headers', 'secret: Option<String>', 'key = keys[index]', 'this.token = token']) {
    assert.deepEqual(scan(line, 'main.ts'), [], line)
  }
})

test('names that only look alike announce nothing', () => {
  for (const name of ['monkey', 'keyboard', 'tokenizer', 'password_field', 'passwordLabel', 'token_url', 'public_key', 'partitionKey', 'secret_name', 'author', 'compass', 'keyId', 'csrf_token', 'authenticity_token', 'nextPageToken', 'publicToken']) {
    assert.equal(kindOf(name), null, name)
  }
  assert.equal(kindOf('dbPassword'), 'password')
  assert.equal(kindOf('X-Api-Key'), 'secret')
  assert.equal(kindOf('CLIENT_SECRET'), 'secret')
  assert.equal(kindOf('key'), 'weak')
})

test('passwords in URIs, headers, SQL and commands', () => {
  assert.deepEqual(scan(`mongodb+srv://app:${password}@db.internal/x`), [`uri-credentials ${password}`])
  assert.deepEqual(scan('mongodb+srv://user:pass@host.mongodb.net'), [])
  assert.deepEqual(scan('https://${user}:${token}@host/'), [])
  const basic = Buffer.from(`app:${password}`).toString('base64')
  assert.deepEqual(scan(`Authorization: Basic ${basic}`), [`basic-authorization ${basic}`])
  assert.deepEqual(scan(`Authorization: Basic ${Buffer.from('user:password').toString('base64')}`), [])
  assert.deepEqual(scan(`curl -H "Authorization: Bearer ${token}" https://h`), [`bearer-token ${token}`])
  assert.deepEqual(scan(`CREATE USER app IDENTIFIED BY '${password}';`), [`sql-password ${password}`])
  assert.deepEqual(scan(`curl -u app:${password} https://h`), [`command-password ${password}`])
  assert.deepEqual(scan(`mysqldump -u app -p${password} db`), [`command-password ${password}`])
})

test('lock files and style sheets are left to the rules of known formats', () => {
  for (const path of ['package-lock.json', 'go.sum', 'site.min.js', 'style.css']) assert.deepEqual(scan(`"token": "${token}"`, path), [], path)
})

test('secrets that are logged, thrown, written in the clear or built into an image', () => {
  const rules = (text: string, path: string): string[] => scan(text, path).map((found) => found.split(' ')[0]!)
  assert.deepEqual(rules('console.log(`login ${password}`)', 'a.js'), ['practice-logged-secret'])
  assert.deepEqual(rules('logger.info({ apiKey, user })', 'a.js'), ['practice-logged-secret'])
  assert.deepEqual(rules("throw new Error(`no login with ${dbPassword}`)", 'a.js'), ['practice-logged-secret'])
  assert.deepEqual(rules('print(f"using {api_key}")', 'a.py'), ['practice-logged-secret'])
  assert.deepEqual(rules('console.log(process.env)', 'a.js'), ['practice-logged-environment'])
  assert.deepEqual(rules("fs.writeFileSync('x.txt', apiKey)", 'a.js'), ['practice-plain-text-secret'])
  assert.deepEqual(rules('RUN export SECRET=foo', 'Dockerfile'), ['practice-image-secret'])
  assert.deepEqual(rules('ENV DB_PASSWORD hunter', 'Dockerfile'), ['practice-image-secret'])
  for (const line of ["console.log('API key set')", 'logger.info({ hasApiKey: !!apiKey })', 'console.log(mask(password))', 'log.debug(password.length)', 'console.log(user)']) {
    assert.deepEqual(rules(line, 'a.js'), [], line)
  }
  assert.deepEqual(rules('ENV API_KEY=$API_KEY', 'Dockerfile'), [])
  assert.deepEqual(rules("throw new TypeError('no');use(password)", 'a.js'), [])
})

test('a key holds the signs that keys are issued with; what a program or a person calls a secret may hold others', () => {
  const odd = token.slice(0, 8) + '?' + token.slice(8)
  assert.deepEqual(scan(`api_key = "${odd}"`), [])
  assert.deepEqual(scan(`client_secret = "${odd}"`), [`generic-secret ${odd}`])
  assert.deepEqual(scan(`db_password = "${odd}"`), [`generic-password ${odd}`])
})

test('words in Base64 are words', () => {
  assert.deepEqual(scan(`access_key = "${Buffer.from('some words to be read').toString('base64')}"`), [])
})

test('random texts are told from words', () => {
  for (const text of ['vkzqwjxh', 'qthn', '9f86d081884c7d65', 'k8Zq2vXw', 'xq3v9d']) assert.ok(randomness(text) > 0, text)
  for (const text of ['password', 'userauth', 'database_url', 'HelloWorld', 'example_123', '2024-01-01', 'getElementById']) assert.ok(randomness(text) < 0, text)
})

test('bytes of any kind are read without a throw', () => {
  let seed = 7
  const pieces = ['password', '=', '"', "'", '\\', '`', ':', '[', '(', ',', '\n', 'key', '://', '@', 'Basic ', '{', '%', '\x00', '\xff', 'token ', '<', '>', 'curl -u ']
  for (let round = 0; round < 300; round++) {
    let text = ''
    for (let n = 0; n < 60; n++) {
      seed = (seed * 1103515245 + 12345) & 0x7fffffff
      text += pieces[(seed >> 8) % pieces.length]
    }
    scanner.scan(new Text(Buffer.from(text, 'latin1')), { path: round % 2 ? 'a.js' : 'Dockerfile' })
  }
})

test('a key of unknown form is found beside the name of its provider', () => {
  const provider: Rule = { id: 'acmecloud-key', about: 'AcmeCloud key', source: 'https://acme.test', keywords: [], pattern: /(?!)/, named: { words: ['acmecloud', 'acme_cloud'], isCommon: false }, hits: [], misses: [] }
  const common: Rule = { ...provider, id: 'parcel-key', named: { words: ['parcel'], isCommon: true } }
  const named = new Scanner({ rules: [], detectors: [new Named([provider, common])] })
  const find = (text: string, path = 'config.txt'): string[] => named.scan(new Text(Buffer.from(text)), { path }).map(({ rule, secret, confidence }) => `${rule} ${secret} ${confidence}`)
  const drawn = 'k8Zq2vXw9RtB4mLp7'
  for (const text of [`ACMECLOUD_API_KEY=${drawn}`, `acme-cloud token: "${drawn}"`, `"acmeCloudSecret": "${drawn}"`, `acmecloud PRIVATE ${drawn}`]) assert.deepEqual(find(text), [`acmecloud-key ${drawn} medium`], text)
  assert.deepEqual(find('acmecloud_key = abcdefgh12345678'), ['acmecloud-key abcdefgh12345678 low'])
  assert.deepEqual(find(`parcel_key = ${drawn}`), [`parcel-key ${drawn} medium`])
  for (const text of [`parcel for the house: key ${drawn}`, `placmecloud_key = ${drawn}`, 'acmecloud_key = "some-token-of-version-2024"', `acmecloud/commit ${drawn}`, 'acmecloud_key = AcmeCloudKeyConfig2']) assert.deepEqual(find(text), [], text)
  assert.deepEqual(find(`acmecloud_key = ${drawn}`, 'yarn.lock'), [])
})
