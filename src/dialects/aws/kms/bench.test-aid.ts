// A server with clients of KMS for the tests of this service, and how its refusals are told apart.
import { after, before } from 'node:test'
import { KMS, type CreateKeyCommandInput, type KeyMetadata } from '@aws-sdk/client-kms'
import { STS } from '@aws-sdk/client-sts'
import { type AwsServer, type Keys, startAws } from '../server.test-aid.ts'

export interface Bench {
  aws: AwsServer
  /** As administrator. */
  kms: KMS
  clientOf(keys?: Keys, region?: string): KMS
  /** The ARN of whoever these keys belong to. */
  arnOf(keys: Keys): Promise<string>
  /** Keys of an assumed role, narrowed by a session policy. */
  roleWith(policy: string): Promise<Keys>
  newKey(input?: CreateKeyCommandInput): Promise<KeyMetadata>
}

/** Fills the bench before the tests of a file, and clears it away after them. */
export function bench(): Bench {
  const clients: { destroy(): void }[] = []
  const keep = <T extends { destroy(): void }>(client: T): T => {
    clients.push(client)
    return client
  }
  const made = {
    clientOf: (keys?: Keys, region = 'us-east-1') => keep(new KMS({ ...made.aws.options(keys), region })),
    arnOf: async (keys: Keys) => (await keep(new STS(made.aws.options(keys))).getCallerIdentity({})).Arn!,
    roleWith: async (Policy: string) => {
      const { Credentials } = await keep(new STS(made.aws.options())).assumeRole({ RoleArn: 'arn:aws:iam::123456789012:role/MyRole', RoleSessionName: 'test', Policy })
      return { accessKeyId: Credentials!.AccessKeyId!, secretAccessKey: Credentials!.SecretAccessKey!, sessionToken: Credentials!.SessionToken! }
    },
    newKey: async (input: CreateKeyCommandInput = {}) => (await made.kms.createKey(input)).KeyMetadata!,
  } as Bench
  before(async () => {
    made.aws = await startAws()
    made.kms = made.clientOf()
  })
  after(async () => {
    for (const client of clients) client.destroy()
    await made.aws.stop()
  })
  return made
}

export const refused = (name: string, message?: RegExp) => (error: Error): boolean => error.name === name && (message === undefined || message.test(error.message))
export const bytes = (text: string): Uint8Array => Buffer.from(text)
export const textOf = (data: Uint8Array | undefined): string => Buffer.from(data!).toString()
export const arn = (rest: string): string => `arn:aws:kms:us-east-1:123456789012:${rest}`
