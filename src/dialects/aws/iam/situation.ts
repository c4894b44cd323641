// What a request says to conditions: the keys that this dialect knows, and where their values come from. A key that is
// listed without a source is known and never present.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
import { isObject } from '../../../kit/field.ts'
import { principalIn } from '../arn.ts'
import type { Exchange } from '../operation.ts'
import type { ValuesOf } from './conditions.ts'
import { namesOf } from './decide.ts'

/** What is known beside the request; what is absent is not known. */
export interface Surroundings {
  resource: string
  tags?: Readonly<Record<string, string>> | undefined
  /** The encryption context. */
  context?: Readonly<Record<string, string>> | undefined
  /** Aliases of a key, in full. */
  aliases?: readonly string[] | undefined
}

type Source = (exchange: Exchange, around: Surroundings) => string | readonly string[] | undefined

const absent: Source = () => undefined
const time = (ms: number): string => `${new Date(ms).toISOString().slice(0, 19)}Z`
const plain = (address: string): string => (address.startsWith('::ffff:') ? address.slice(7) : address)
const types = { root: 'Account', user: 'User', role: 'AssumedRole', federated: 'FederatedUser' } as const

/** A member of the input, as text. */
const input = (name: string): Source => ({ input: given }) => {
  const value = given[name]
  if (Array.isArray(value)) return value.filter((one) => typeof one === 'string')
  return value === undefined || typeof value === 'object' ? undefined : String(value)
}

const sources: Record<string, Source> = {
  'aws:principalarn': ({ signer, region }) => principalIn(namesOf(signer!).at(-1)!, region),
  'aws:principalaccount': ({ signer }) => signer!.settings.account,
  'aws:principaltype': ({ signer }) => types[signer!.key.principal.kind],
  'aws:userid': ({ signer }) => signer!.userId,
  'aws:username': ({ signer }) => (signer!.key.principal.kind === 'user' ? signer!.key.principal.name : undefined),
  'aws:sourceip': ({ request }) => plain(request.remote.address),
  'aws:securetransport': ({ request }) => String(request.secure ?? false),
  'aws:currenttime': ({ core }) => time(core.now()),
  'aws:epochtime': ({ core }) => String(Math.trunc(core.now() / 1000)),
  'aws:tokenissuetime': ({ signer }) => (signer!.key.expiresAt > 0 ? time(signer!.key.createdAt * 1000) : undefined),
  'aws:sourceidentity': ({ signer }) => signer!.key.metadata.source_identity,
  'aws:requestedregion': ({ region }) => region,
  'aws:useragent': ({ request }) => String(request.headers['user-agent'] ?? '') || undefined,
  'aws:referer': ({ request }) => String(request.headers.referer ?? '') || undefined,
  'aws:resourceaccount': (_exchange, { resource }) => resource.split(':')[4],
  'aws:viaawsservice': () => 'false',
  'aws:principalisawsservice': () => 'false',
  'aws:tagkeys': ({ input: { Tags, TagKeys } }) => (Array.isArray(Tags) ? pairsOf(Tags).map(([key]) => key) : Array.isArray(TagKeys) ? TagKeys.map(String) : undefined),
  'secretsmanager:secretid': (_exchange, { resource }) => resource,
  'secretsmanager:versionid': input('VersionId'),
  'secretsmanager:versionstage': input('VersionStage'),
  'secretsmanager:name': input('Name'),
  'secretsmanager:description': input('Description'),
  'secretsmanager:kmskeyid': input('KmsKeyId'),
  'secretsmanager:recoverywindowindays': input('RecoveryWindowInDays'),
  'secretsmanager:forcedeletewithoutrecovery': input('ForceDeleteWithoutRecovery'),
  'secretsmanager:rotationlambdaarn': input('RotationLambdaARN'),
  'secretsmanager:blockpublicpolicy': input('BlockPublicPolicy'),
  'kms:calleraccount': ({ settings }) => settings.account,
  'kms:encryptioncontextkeys': (_exchange, { context }) => context && Object.keys(context),
  'kms:encryptionalgorithm': (exchange, around) => input('EncryptionAlgorithm')(exchange, around) ?? (/Encrypt|Decrypt|DataKey/.test(exchange.action) ? 'SYMMETRIC_DEFAULT' : undefined),
  'kms:signingalgorithm': input('SigningAlgorithm'),
  'kms:macalgorithm': input('MacAlgorithm'),
  'kms:messagetype': (exchange, around) => input('MessageType')(exchange, around) ?? (/^(?:Sign|Verify)$/.test(exchange.action) ? 'RAW' : undefined),
  'kms:datakeypairspec': input('KeyPairSpec'),
  'kms:grantoperations': input('Operations'),
  'kms:granteeprincipal': input('GranteePrincipal'),
  'kms:retiringprincipal': input('RetiringPrincipal'),
  'kms:grantisforawsresource': ({ action }) => (action.endsWith('Grant') ? 'false' : undefined),
  'kms:bypasspolicylockoutsafetycheck': ({ action, input: { BypassPolicyLockoutSafetyCheck: bypass } }) => (/KeyPolicy$|^CreateKey$/.test(action) ? String(bypass === true) : undefined),
  'kms:schedulekeydeletionpendingwindowindays': input('PendingWindowInDays'),
  'kms:requestalias': ({ input: { KeyId } }) => (typeof KeyId === 'string' ? /(?:^|:)(alias\/.+)$/.exec(KeyId)?.[1] : undefined),
  'kms:resourcealiases': (_exchange, { aliases }) => aliases,
  ...Object.fromEntries(
    [
      'multifactorauthpresent', 'multifactorauthage', 'sourcevpc', 'sourcevpce', 'sourcevpcarn', 'vpcsourceip', 'principalorgid', 'principalorgpaths', 'sourcearn', 'sourceaccount', 'sourceorgid',
      'sourceorgpaths', 'resourceorgid', 'resourceorgpaths', 'calledvia', 'calledviafirst', 'calledvialast', 'federatedprovider', 'principalservicename', 'principalservicenameslist', 'ec2instancesourcevpc',
    ].map((name) => [`aws:${name}`, absent]),
  ),
  'kms:viaservice': absent,
}

const pairsOf = (tags: unknown[]): [string, string][] => tags.filter(isObject).map(({ Key, TagKey, Value, TagValue }) => [String(Key ?? TagKey), String(Value ?? TagValue)])

/** What a key is about: where that is not known, the key says nothing. */
const needed: Record<string, keyof Surroundings> = {
  'kms:encryptioncontextkeys': 'context', 'kms:encryptioncontext:': 'context', 'kms:resourcealiases': 'aliases', 'aws:resourcetag/': 'tags', 'secretsmanager:resourcetag/': 'tags',
}
const isUnknown = (name: string, around: Surroundings): boolean => needed[name] !== undefined && around[needed[name]] === undefined

/** Names of tags and of an encryption context count in either case. */
const named = (all: Readonly<Record<string, string>> | undefined, name: string): string[] => Object.entries(all ?? {}).filter(([key]) => key.toLowerCase() === name).map(([, value]) => value)

/** Keys that end in a name of the caller's own. */
const families: [prefix: string, source: (exchange: Exchange, around: Surroundings, name: string) => string[]][] = [
  // The tags of a session are its caller's choice, those of a permanent key an administrator's.
  ['aws:principaltag/', ({ signer }, _around, name) => (signer!.key.principal.kind === 'user' && signer!.key.expiresAt === 0 ? named(signer!.key.metadata, name) : [])],
  ['aws:requesttag/', ({ input: { Tags } }, _around, name) => (Array.isArray(Tags) ? named(Object.fromEntries(pairsOf(Tags)), name) : [])],
  ['aws:resourcetag/', (_exchange, { tags }, name) => named(tags, name)],
  ['secretsmanager:resourcetag/', (_exchange, { tags }, name) => named(tags, name)],
  ['kms:encryptioncontext:', (_exchange, { context }, name) => named(context, name)],
]

/** The values of condition keys for a request that is signed. */
export function valuesFor(exchange: Exchange, around: Surroundings): ValuesOf {
  return (key) => {
    if (Object.hasOwn(sources, key)) {
      if (isUnknown(key, around)) return undefined
      const value = sources[key]!(exchange, around)
      return value === undefined ? null : typeof value === 'string' ? [value] : value
    }
    const family = families.find(([prefix]) => key.startsWith(prefix))
    if (!family || isUnknown(family[0], around)) return undefined
    const values = family[1](exchange, around, key.slice(family[0].length))
    return values.length > 0 ? values : null
  }
}
