import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { type PutParameterCommandInput, SSM } from '@aws-sdk/client-ssm'
import { SecretsManager } from '@aws-sdk/client-secrets-manager'
import { AssumeRoleCommand } from '@aws-sdk/client-sts'
import { type AwsServer, startAws } from '../server.test-aid.ts'

let aws: AwsServer
let client: SSM
before(async () => {
  aws = await startAws()
  client = new SSM(aws.options())
})
after(async () => {
  client.destroy()
  await aws.stop()
})

const refused = (name: string, message?: RegExp) => (error: Error) => error.name === name && (message === undefined || message.test(error.message))
const put = (Name: string, Value: string, more: Partial<PutParameterCommandInput> = {}) => client.putParameter({ Name, Value, Type: 'String', ...more })
const get = async (Name: string, WithDecryption = false) => (await client.getParameter({ Name, WithDecryption })).Parameter!
/** Names of one page after the other. */
async function paged<T extends { NextToken?: string | undefined }>(ask: (NextToken: string | undefined) => Promise<T>, names: (page: T) => (string | undefined)[]): Promise<(string | undefined)[][]> {
  const pages: (string | undefined)[][] = []
  for (let token: string | undefined; ; ) {
    const page = await ask(token)
    pages.push(names(page))
    if ((token = page.NextToken) === undefined) return pages
  }
}

test('a parameter and its versions', async () => {
  assert.deepEqual([(await put('/app/plain', 'one', { Description: 'first' })).Version, (await put('/app/plain', 'two', { Overwrite: true, Type: undefined })).Version], [1, 2])
  const found = await get('/app/plain')
  assert.deepEqual([found.Name, found.Value, found.Version, found.Type, found.DataType, found.ARN], ['/app/plain', 'two', 2, 'String', 'text', 'arn:aws:ssm:us-east-1:123456789012:parameter/app/plain'])
  assert.ok(Math.abs(found.LastModifiedDate!.getTime() - Date.now()) < 60_000)
  assert.equal((await get(found.ARN!)).Value, 'two')
  const first = await get('/app/plain:1')
  assert.deepEqual([first.Name, first.Value, first.Selector], ['/app/plain', 'one', ':1'])
  assert.equal((await get(`${found.ARN}:1`)).Value, 'one')
  await assert.rejects(put('/app/plain', 'three'), refused('ParameterAlreadyExists', /overwrite option/))
  await assert.rejects(get('/app/plain:7'), refused('ParameterVersionNotFound', /version 7 of \/app\/plain/))
  await assert.rejects(get('/app/plain:none'), refused('ParameterVersionNotFound', /label none/))
  await assert.rejects(get('/app/absent:1'), refused('ParameterNotFound', /\/app\/absent:1/))
  await assert.rejects(get('arn:aws:ssm:us-east-1:999999999999:parameter/app/plain'), refused('ParameterNotFound'))
  await assert.rejects(put('/app/untyped', 'x', { Type: undefined }), refused('ValidationException', /type is required/))
})

test('names are checked as the service does', async () => {
  await assert.rejects(put('ssm_x', 'v'), refused('ValidationException', /"aws" or "ssm"/))
  await assert.rejects(put('/ssm/x', 'v'), refused('ValidationException', /"ssm" \(case-insensitive\). If formed/))
  await assert.rejects(put('/AWS/x', 'v'), refused('AccessDeniedException', /reserved parameter name: \/AWS\/x/))
  await assert.rejects(put('a/b', 'v'), refused('ValidationException', /fully qualified/))
  await assert.rejects(put('/a/../b', 'v'), refused('ValidationException'))
  await assert.rejects(put('/a//b', 'v'), refused('ValidationException'))
  await assert.rejects(put('with space', 'v'), refused('ValidationException'))
  await assert.rejects(put(`/${Array.from({ length: 16 }, () => 'l').join('/')}`, 'v'), refused('HierarchyLevelLimitExceededException'))
  await put(`/${Array.from({ length: 15 }, () => 'l').join('/')}`, 'v')

  await put('rooted', 'v')
  assert.deepEqual([(await get('rooted')).Name, (await get('/rooted')).Name, (await get(' rooted ')).Name, (await get('arn:aws:ssm:us-east-1:123456789012:parameter/rooted')).Name], ['rooted', '/rooted', 'rooted', 'rooted'])
  await put('/formed/b', 'v')
  for (const Name of ['formed/b', '/formed//b', '/formed/b/', 'with space', '/formed/b*']) await assert.rejects(get(Name), refused('ValidationException', /sub-paths divided by slash symbol/), Name)
  await assert.rejects(get('/aws/service/ami'), refused('ParameterNotFound', /Public parameters of AWS are not kept here/))
  const ARN = (await get('/formed/b')).ARN!
  await assert.rejects(client.deleteParameter({ Name: ARN }), refused('ValidationException'))
  assert.equal((await client.getParameterHistory({ Name: ARN })).Parameters![0]!.Name, '/formed/b')
  assert.deepEqual((await client.deleteParameters({ Names: [ARN] })).InvalidParameters, [ARN])
})

test('what Vault names as this service cannot is read by that name', async () => {
  await aws.vault('POST', 'parameter/data/with space', { data: { value: 'v' } })
  assert.equal((await get('with space')).Value, 'v')
})

test('a SecureString shows its value to who decrypts it, and to nobody else', async () => {
  const value = 'canary-in-the-store'
  await put('/secure/one', value, { Type: 'SecureString', KeyId: 'alias/own' })
  const sealed = await get('/secure/one')
  assert.ok(!sealed.Value!.includes(value) && !Buffer.from(sealed.Value!, 'base64').includes(value))
  assert.equal((await get('/secure/one')).Value, sealed.Value)
  assert.equal((await get('/secure/one', true)).Value, value)
  assert.equal((await client.getParameterHistory({ Name: '/secure/one', WithDecryption: true })).Parameters![0]!.Value, value)
  for (const found of [(await client.getParameterHistory({ Name: '/secure/one' })).Parameters![0]!, (await client.getParametersByPath({ Path: '/secure' })).Parameters![0]!, (await client.getParameters({ Names: ['/secure/one'] })).Parameters![0]!]) assert.equal(found.Value, sealed.Value)
  assert.equal((await client.describeParameters({ ParameterFilters: [{ Key: 'KeyId', Values: ['alias/own'] }] })).Parameters![0]!.Name, '/secure/one')
  assert.ok(!JSON.stringify(aws.audit()).includes(value))
  await assert.rejects(put('/secure/two', 'v', { KeyId: 'alias/own' }), refused('ValidationException', /SecureString type parameter only/))
})

test('what Vault writes reads as a parameter, and the other way round', async () => {
  await aws.vault('POST', 'parameter/data/other/simple', { data: { value: 'from vault' } })
  await aws.vault('POST', 'parameter/data/other/map', { data: { user: 'admin', port: 5432 } })
  assert.equal((await get('/other/simple')).Value, 'from vault')
  assert.deepEqual(JSON.parse((await get('/other/map')).Value!), { user: 'admin', port: 5432 })
  await put('/other/simple', 'from aws', { Overwrite: true })
  assert.deepEqual((await aws.vault('GET', 'parameter/data/other/simple')).data.data, { value: 'from aws' })
  // Written here, a text that looks like such a map stays what it is.
  await put('/other/text', '{"value":"kept"}')
  assert.equal((await get('/other/text')).Value, '{"value":"kept"}')
  assert.deepEqual((await aws.vault('GET', 'parameter/data/other/text')).data.data, { value: 'kept' })
  // A version that Vault deleted is gone here, and makes way.
  await aws.vault('DELETE', 'parameter/data/other/text')
  await assert.rejects(get('/other/text'), refused('ParameterNotFound'))
  await put('/other/text', 'again')
  assert.equal((await get('/other/text')).Value, 'again')
  assert.deepEqual((await client.describeParameters({ ParameterFilters: [{ Key: 'Path', Option: 'Recursive', Values: ['/other'] }] })).Parameters!.map((one) => one.Name), ['/other/map', '/other/simple', '/other/text'])
})

test('several parameters at once', async () => {
  await put('many-a', '1')
  await put('many-b', '2')
  const { Parameters, InvalidParameters } = await client.getParameters({ Names: ['many-b:1', 'many-a', 'many-a', 'many-c', 'many-a:9'] })
  assert.deepEqual(Parameters!.map((one) => one.Value), ['1', '2'])
  assert.deepEqual(InvalidParameters, ['many-c', 'many-a:9'])
  await assert.rejects(client.getParameters({ Names: Array.from({ length: 11 }, (_, at) => `n${at}`) }), refused('ValidationException', /'names' failed to satisfy constraint: Member must have length less than or equal to 10/))
  assert.deepEqual(await client.deleteParameters({ Names: ['many-a', 'many-c'] }).then((done) => [done.DeletedParameters, done.InvalidParameters]), [['many-a'], ['many-c']])
  await client.deleteParameter({ Name: 'many-b' })
  await assert.rejects(client.deleteParameter({ Name: 'many-b' }), refused('ParameterNotFound', /many-b/))
})

test('folders: one level, recursion, pages, filters', async () => {
  for (const name of ['/tree/a', '/tree/b', '/tree/b/c', '/tree/b/c/d', '/trees/e']) await put(name, name)
  await put('/tree/list', 'x,y', { Type: 'StringList' })
  const names = async (more: object) => (await client.getParametersByPath({ Path: '/tree', ...more })).Parameters!.map((one) => one.Name)
  assert.deepEqual(await names({}), ['/tree/a', '/tree/b', '/tree/list'])
  assert.deepEqual(await names({ Path: '/tree/', Recursive: true }), ['/tree/a', '/tree/b', '/tree/b/c', '/tree/b/c/d', '/tree/list'])
  assert.deepEqual(await names({ Path: '/nowhere' }), [])
  assert.deepEqual(await names({ ParameterFilters: [{ Key: 'Type', Values: ['StringList'] }] }), ['/tree/list'])
  assert.deepEqual(await names({ ParameterFilters: [{ Key: 'Type', Option: 'BeginsWith', Values: ['String'] }] }), ['/tree/a', '/tree/b', '/tree/list'])
  const pages = await paged((NextToken) => client.getParametersByPath({ Path: '/tree', Recursive: true, MaxResults: 2, NextToken }), (page) => page.Parameters!.map((one) => one.Name))
  assert.deepEqual(pages, [['/tree/a', '/tree/b'], ['/tree/b/c', '/tree/b/c/d'], ['/tree/list']])
  await client.labelParameterVersion({ Name: '/tree/b', Labels: ['live'] })
  await put('/tree/b', 'newer', { Overwrite: true })
  const labelled = await client.getParametersByPath({ Path: '/tree', ParameterFilters: [{ Key: 'Label', Values: ['live'] }] })
  assert.deepEqual(labelled.Parameters!.map((one) => [one.Name, one.Value]), [['/tree/b', '/tree/b']])
  await assert.rejects(names({ Path: 'tree' }), refused('ValidationException', /must begin with a forward slash/))
  await assert.rejects(names({ ParameterFilters: [{ Key: 'Name', Values: ['x'] }] }), refused('InvalidFilterKey', /not valid: Name. Valid filter keys include: \[Type, KeyId\]/))
  await assert.rejects(names({ NextToken: '!' }), refused('InvalidNextToken'))
  await assert.rejects(names({ MaxResults: 11 }), refused('ValidationException'))
})

test('labels', async () => {
  for (const value of ['1', '2', '3']) await put('labelled', value, { Overwrite: true })
  assert.deepEqual(await client.labelParameterVersion({ Name: 'labelled', ParameterVersion: 1, Labels: ['good', 'aws-x', '9th', 'bad/one'] }).then((done) => [done.ParameterVersion, done.InvalidLabels]), [1, ['aws-x', '9th', 'bad/one']])
  assert.equal((await client.labelParameterVersion({ Name: 'labelled', Labels: ['newest'] })).ParameterVersion, 3)
  const found = await get('labelled:good')
  assert.deepEqual([found.Value, found.Version, found.Selector], ['1', 1, ':good'])
  await client.labelParameterVersion({ Name: 'labelled', ParameterVersion: 2, Labels: ['good'] })
  assert.equal((await get('labelled:good')).Value, '2')
  assert.deepEqual((await client.getParameterHistory({ Name: 'labelled' })).Parameters!.map((one) => [one.Version, one.Value, one.Labels]), [[1, '1', []], [2, '2', ['good']], [3, '3', ['newest']]])
  const removed = await client.unlabelParameterVersion({ Name: 'labelled', ParameterVersion: 2, Labels: ['good', 'newest'] })
  assert.deepEqual([removed.RemovedLabels, removed.InvalidLabels], [['good'], ['newest']])
  await assert.rejects(get('labelled:good'), refused('ParameterVersionNotFound'))
  await assert.rejects(client.labelParameterVersion({ Name: 'labelled', ParameterVersion: 9, Labels: ['x'] }), refused('ParameterVersionNotFound', /version 9 of labelled/))
  await assert.rejects(client.labelParameterVersion({ Name: 'labelled', Labels: Array.from({ length: 10 }, (_, at) => `l${at}`) }), refused('ParameterVersionLabelLimitExceeded', /maximum 10 labels/))
  await assert.rejects(client.labelParameterVersion({ Name: 'nobody', Labels: ['x'] }), refused('ParameterNotFound', /nobody/))
})

test('history ends at a hundred versions, and a label holds the oldest', async () => {
  for (let value = 1; value <= 101; value++) await put('long', String(value), { Overwrite: true })
  const pages = await paged((NextToken) => client.getParameterHistory({ Name: 'long', MaxResults: 30, NextToken }), (page) => page.Parameters!.map((one) => one.Value))
  assert.deepEqual(pages.map((page) => page.length), [30, 30, 30, 10])
  assert.equal(pages[0]![0], '2')
  assert.equal((await client.getParameterHistory({ Name: 'long' })).Parameters!.length, 50)
  await client.labelParameterVersion({ Name: 'long', ParameterVersion: 2, Labels: ['held'] })
  await assert.rejects(put('long', 'more', { Overwrite: true }), refused('ParameterMaxVersionLimitExceeded', /Version 2, the oldest version, can't be deleted because it has a label/))
})

test('tags', async () => {
  const tagsOf = async (ResourceId: string) => (await client.listTagsForResource({ ResourceType: 'Parameter', ResourceId })).TagList
  await put('/tagged/one', 'v', { Tags: [{ Key: 'team', Value: 'blue' }, { Key: 'tier', Value: 'web' }] })
  await put('/tagged/two', 'v', { Tags: [{ Key: 'team', Value: 'green' }] })
  await client.addTagsToResource({ ResourceType: 'Parameter', ResourceId: '/tagged/one', Tags: [{ Key: 'team', Value: 'black' }] })
  await client.removeTagsFromResource({ ResourceType: 'Parameter', ResourceId: '/tagged/one', TagKeys: ['tier', 'none'] })
  assert.deepEqual(await tagsOf('/tagged/one'), [{ Key: 'team', Value: 'black' }])
  assert.deepEqual((await aws.vault('GET', 'parameter/metadata/tagged/one')).data.custom_metadata, { team: 'black' })
  const found = async (filter: object) => (await client.describeParameters({ ParameterFilters: [filter as { Key: string }] })).Parameters!.map((one) => one.Name)
  assert.deepEqual(await found({ Key: 'tag:team', Values: ['black', 'red'] }), ['/tagged/one'])
  assert.deepEqual(await found({ Key: 'tag:team', Option: 'BeginsWith', Values: ['g'] }), ['/tagged/two'])
  assert.deepEqual(await found({ Key: 'tag:team' }), ['/tagged/one', '/tagged/two'])
  await assert.rejects(put('/tagged/one', 'w', { Overwrite: true, Tags: [{ Key: 'a', Value: 'b' }] }), refused('ValidationException', /tags and overwrite/))
  await assert.rejects(tagsOf('/tagged/none'), refused('InvalidResourceId'))
  await assert.rejects(client.listTagsForResource({ ResourceType: 'Document', ResourceId: 'x' }), refused('InvalidResourceType'))
  await assert.rejects(client.addTagsToResource({ ResourceType: 'Parameter', ResourceId: '/tagged/one', Tags: Array.from({ length: 50 }, (_, at) => ({ Key: `t${at}`, Value: '' })) }), refused('TooManyTagsError'))
})

test('DescribeParameters: what is kept beside values, filters, pages', async () => {
  await put('/described/full', 'abc', { Description: 'about it', AllowedPattern: '[a-c]+', Tier: 'Advanced' })
  for (let at = 0; at < 12; at++) await put(`/described/page/${String(at).padStart(2, '0')}`, 'v')
  await put('tangram', 'v')
  const found = async (...ParameterFilters: object[]) => (await client.describeParameters({ ParameterFilters: ParameterFilters as { Key: string }[], MaxResults: 50 })).Parameters!.map((one) => one.Name)
  const [full] = (await client.describeParameters({ ParameterFilters: [{ Key: 'Name', Values: ['/described/full'] }] })).Parameters!
  assert.deepEqual([full!.Description, full!.AllowedPattern, full!.Tier, full!.Version, full!.Type, full!.Policies, full!.LastModifiedUser], ['about it', '[a-c]+', 'Advanced', 1, 'String', [], 'arn:aws:iam::123456789012:root'])
  assert.deepEqual(await found({ Key: 'Tier', Values: ['Advanced'] }), ['/described/full'])
  assert.deepEqual(await found({ Key: 'Name', Values: ['/tangram'] }), ['tangram'])
  assert.deepEqual(await found({ Key: 'Name', Option: 'BeginsWith', Values: ['tan'] }), ['tangram'])
  assert.deepEqual(await found({ Key: 'Name', Option: 'Contains', Values: ['/tang'] }), ['tangram'])
  assert.deepEqual(await found({ Key: 'Path', Values: ['/described'] }), ['/described/full'])
  assert.equal((await found({ Key: 'Path', Option: 'Recursive', Values: ['/described/'] })).length, 13)
  assert.deepEqual(await found({ Key: 'Path', Option: 'Recursive', Values: ['/descr'] }), [])
  const pages = await paged((NextToken) => client.describeParameters({ ParameterFilters: [{ Key: 'Path', Option: 'Recursive', Values: ['/described'] }], NextToken }), (page) => page.Parameters!.map((one) => one.Name))
  assert.deepEqual(pages.map((page) => page.length), [10, 3])
  for (const [filters, name, message] of [
    [[{ Key: 'key' }], 'ValidationException', /tag:\.\+\|Name\|Type\|KeyId\|Path\|Label\|Tier/],
    [[{ Key: 'Label', Values: ['x'] }], 'InvalidFilterKey', /Valid filter keys include: \[Path, Name, Type, KeyId, Tier\]/],
    [[{ Key: 'Name' }], 'InvalidFilterValue', /missing : null for filter key Name/],
    [[{ Key: 'Name', Values: ['a'] }, { Key: 'Name', Values: ['b'] }], 'InvalidFilterKey', /duplicated/],
    [[{ Key: 'Name', Option: 'option', Values: ['a'] }], 'InvalidFilterOption', /\[BeginsWith, Equals\]/],
    [[{ Key: 'Path', Option: 'Equals', Values: ['/a'] }], 'InvalidFilterOption', /\[Recursive, OneLevel\]/],
    [[{ Key: 'Tier', Values: ['x'] }], 'InvalidFilterValue', /\[Standard, Advanced, Intelligent-Tiering\]/],
    [[{ Key: 'Path', Values: ['//'] }], 'ValidationException', /must begin with a forward slash/],
    [[{ Key: 'Path', Values: ['/ssm'] }], 'ValidationException', /can't be prefixed/],
  ] as const) await assert.rejects(found(...filters), refused(name, message))
  await assert.rejects(client.describeParameters({ Filters: [{ Key: 'Name', Values: ['a'] }], ParameterFilters: [{ Key: 'Name', Values: ['a'] }] }), refused('ValidationException', /either Filters or ParameterFilters/))
  assert.deepEqual((await client.describeParameters({ Filters: [{ Key: 'Name', Values: ['tangram'] }] })).Parameters!.map((one) => one.Name), ['tangram'])
})

test('a data type says what a value must be', async () => {
  const fitting: Record<string, string[]> = {
    boolean: ['true'], integer: ['-443'], float: ['1.5e3'], binary: ['AP8K'], hostname: ['a-1.example.com'], email: ['ann@example.com'], 'ipv4-address': ['10.0.0.1'], 'ipv6-address': ['::1'],
    'aws:region': ['eu-central-1', 'us-gov-east-1'], 'aws:account:id': ['123456789012'], url: ['https://example.com/x'], json: ['{"a":[1]}'], jsonc: ['{ // why\n "a": "// no", /* x */ "b": [1,],\n}'],
  }
  const odd: Record<string, string[]> = {
    boolean: ['yes'], integer: ['1.5', ''], float: ['one', '.'], binary: ['A'], hostname: ['-a.example.com', 'a..b'], email: ['ann', 'a@b@-c'], 'ipv4-address': ['10.0.0.256'], 'ipv6-address': ['10.0.0.1'],
    'aws:region': ['europe'], 'aws:account:id': ['1234'], url: ['example.com', 'https://'], json: ['{a:1}', '{ // x\n}'], jsonc: ['{ "a": }'],
  }
  for (const [DataType, values] of Object.entries(fitting)) {
    for (const value of values) await put('data-type', value, { DataType, Tier: 'Advanced', Overwrite: true })
    assert.equal((await get('data-type')).DataType, DataType)
    for (const value of odd[DataType]!.filter((one) => one !== '')) await assert.rejects(put('data-type', value, { DataType, Tier: 'Advanced', Overwrite: true }), refused('ValidationException', /not valid for the data type/), `${DataType} ${value}`)
  }
  await assert.rejects(put('data-type/json', '{}', { DataType: 'json' }), refused('ValidationException'))
  await assert.rejects(put('json-standard', '{}', { DataType: 'json' }), refused('ValidationException', /only supported for the advanced tier/))
  assert.equal((await put('json-tiering', '{}', { DataType: 'json', Tier: 'Intelligent-Tiering' })).Tier, 'Advanced')
  await assert.rejects(put('nesting', 'a {{ssm:other}} b'), refused('ValidationException', /can't nest another parameter/))
  await put('braces', '{"a":{"b":{}}} }} {{')
})

test('tiers, patterns, data types', async () => {
  const big = 'x'.repeat(5000)
  await assert.rejects(put('big', big), refused('ValidationException', /Standard tier parameters support a maximum parameter value of 4096/))
  assert.equal((await put('big', big, { Tier: 'Intelligent-Tiering' })).Tier, 'Advanced')
  assert.equal((await put('big', 'small', { Overwrite: true })).Tier, 'Advanced')
  await assert.rejects(put('big', 'small', { Overwrite: true, Tier: 'Standard' }), refused('ValidationException', /can't downgrade a parameter/))
  await assert.rejects(put('vast', 'x'.repeat(32_769), { Tier: 'Advanced' }), refused('ValidationException', /^1 validation error detected: Value at 'value' failed to satisfy constraint: Member must have length less than or equal to 32768$/))
  await assert.rejects(put('bigger', 'x'.repeat(8193), { Tier: 'Advanced' }), refused('ValidationException', /8192/))
  await assert.rejects(put('pattern', 'abc', { AllowedPattern: '\\d+' }), refused('ParameterPatternMismatchException'))
  await assert.rejects(put('pattern', 'abc', { AllowedPattern: '(' }), refused('InvalidAllowedPatternException'))
  await put('pattern', '12', { AllowedPattern: '\\d+' })
  await assert.rejects(put('pattern', 'abc', { Overwrite: true }), refused('ParameterPatternMismatchException'))
  await assert.rejects(put('typed', 'v', { DataType: 'number' }), refused('ValidationException', /data type is not supported: number/))
  await assert.rejects(put('typed', 'v', { Type: 'Text' as 'String' }), refused('ValidationException', /\[SecureString, StringList, String\]/))
  await put('typed', 'ami-1', { DataType: 'aws:ec2:image' })
  assert.equal((await get('typed')).DataType, 'aws:ec2:image')
  await assert.rejects(put('empty', ''), refused('ValidationException', /greater than or equal to 1/))
})

test('policies: a parameter whose time is over is gone', async () => {
  const expiring = (when: number) => JSON.stringify([{ Type: 'Expiration', Version: '1.0', Attributes: { Timestamp: new Date(when).toISOString() } }])
  await assert.rejects(put('/lapse/a', 'v', { Policies: expiring(Date.now()) }), refused('ValidationException', /advanced tier/))
  await put('/lapse/a', 'v', { Tier: 'Advanced', Policies: expiring(Date.now() + 3_600_000) })
  const [found] = (await client.describeParameters({ ParameterFilters: [{ Key: 'Name', Values: ['/lapse/a'] }] })).Parameters!
  assert.deepEqual(found!.Policies!.map((policy) => [policy.PolicyType, policy.PolicyStatus]), [['Expiration', 'Pending']])
  assert.equal((await get('/lapse/a')).Value, 'v')
  await put('/lapse/a', 'w', { Overwrite: true, Tier: 'Advanced', Policies: expiring(Date.now() - 1000) })
  await assert.rejects(get('/lapse/a'), refused('ParameterNotFound'))
  assert.deepEqual((await client.getParametersByPath({ Path: '/lapse' })).Parameters, [])
  await put('/lapse/a', 'anew')
  assert.equal((await get('/lapse/a')).Value, 'anew')
  await assert.rejects(put('/lapse/b', 'v', { Tier: 'Advanced', Policies: '[{"Type":"Other"}]' }), refused('InvalidPolicyTypeException'))
  await assert.rejects(put('/lapse/b', 'v', { Tier: 'Advanced', Policies: 'no json' }), refused('InvalidPolicyAttributeException'))
})

test('a parameter may stand for a secret', async () => {
  const secrets = new SecretsManager(aws.options())
  const { VersionId } = await secrets.createSecret({ Name: 'db/main', SecretString: '{"user":"u"}' })
  const name = '/aws/reference/secretsmanager/db/main'
  const found = await get(name, true)
  assert.deepEqual([found.Name, found.Type, found.Value], [name, 'SecureString', '{"user":"u"}'])
  assert.match(found.SourceResult!, /"versionId"/)
  await assert.rejects(get(name), refused('ValidationException', /WithDecryption/))
  await assert.rejects(get('/aws/reference/secretsmanager/none', true), refused('ParameterNotFound', /Secret .*none not found/))
  assert.deepEqual((await client.getParameters({ Names: [name, '/aws/reference/secretsmanager/none'], WithDecryption: true })).InvalidParameters, ['/aws/reference/secretsmanager/none'])
  await secrets.putSecretValue({ SecretId: 'db/main', SecretString: 'second' })
  for (const selector of [VersionId, 'AWSPREVIOUS']) assert.equal((await get(`${name}:${selector}`, true)).Value, '{"user":"u"}')
  // What is said of the secret counts, not what is said of parameters.
  const { Credentials } = await aws.sts().send(new AssumeRoleCommand({ RoleArn: 'arn:aws:iam::123456789012:role/reader', RoleSessionName: 'one', Policy: JSON.stringify({ Version: '2012-10-17', Statement: { Effect: 'Allow', Action: 'ssm:*', Resource: '*' } }) }))
  const narrow = new SSM(aws.options({ accessKeyId: Credentials!.AccessKeyId!, secretAccessKey: Credentials!.SecretAccessKey!, sessionToken: Credentials!.SessionToken! }))
  await assert.rejects(narrow.getParameter({ Name: name, WithDecryption: true }), refused('AccessDeniedException', /no session policy allows/))
  narrow.destroy()
  await secrets.putResourcePolicy({ SecretId: 'db/main', ResourcePolicy: JSON.stringify({ Version: '2012-10-17', Statement: { Effect: 'Deny', Principal: '*', Action: 'secretsmanager:GetSecretValue', Resource: '*' } }) })
  await assert.rejects(get(name, true), refused('AccessDeniedException', /explicit deny/))
  secrets.destroy()
})

test('what exists, what no list takes, and what has two colons', async () => {
  await put('/known', 'v')
  await assert.rejects(client.putParameter({ Name: '/known', Value: 'w' }), refused('ParameterAlreadyExists'))
  await assert.rejects(get('/known:1:2'), refused('ParameterNotFound', /^Parameter \/known:1:2 not found\.$/))
  await assert.rejects(client.labelParameterVersion({ Name: '/known', Labels: ['good', 'x'.repeat(101)] }), refused('ValidationException', /at 'labels' failed to satisfy constraint: Member must satisfy constraint: \[Member must have length less than or equal to 100, Member must have length greater than or equal to 1\]$/))
})

test('one policy decides for every way to a parameter', async () => {
  await put('/team/a', 'v', { Type: 'SecureString' })
  const keys = await aws.keyWith('path "parameter/data/team/*" { capabilities = ["read"] }')
  const reader = new SSM(aws.options(keys))
  assert.equal((await reader.getParameter({ Name: '/team/a', WithDecryption: true })).Parameter!.Value, 'v')
  await assert.rejects(reader.getParameter({ Name: '/app/plain' }), refused('AccessDeniedException', /not authorized to perform: ssm:GetParameter on resource: arn:aws:ssm:us-east-1:123456789012:parameter\/app\/plain/))
  await assert.rejects(reader.putParameter({ Name: '/team/a', Value: 'w', Overwrite: true, Type: 'String' }), refused('AccessDeniedException'))
  await assert.rejects(reader.getParametersByPath({ Path: '/team' }), refused('AccessDeniedException'))
  await assert.rejects(reader.deleteParameter({ Name: '/team/a' }), refused('AccessDeniedException'))
  reader.destroy()
})
