// AWS KMS over the transit engine. https://docs.aws.amazon.com/kms/latest/APIReference/
import type { Exchange, Service } from '../operation.ts'
import { aliasOperations } from './aliases.ts'
import { parseBlob } from './ciphertext.ts'
import { dataKeyOperations } from './data-keys.ts'
import { encryptOperations } from './encrypt.ts'
import { readToken } from './grant.ts'
import { grantOperations } from './grants.ts'
import { importOperations } from './import.ts'
import { lifecycleOperations } from './lifecycle.ts'
import { macOperations } from './mac.ts'
import { policyOperations } from './policies.ts'
import { aliasArn, find, keyArn } from './reference.ts'
import { regionOperations } from './regions.ts'
import { rotationOperations } from './rotation.ts'
import { signOperations } from './sign.ts'
import { tagOperations } from './tags.ts'
import { unsupportedOperations } from './unsupported.ts'

/** The key that an input is about. An alias is followed only for who is bound to resources: it costs a look-up. */
async function resourceOf(exchange: Exchange, input: Record<string, unknown>): Promise<string> {
  const id = input.DestinationKeyId ?? input.TargetKeyId ?? input.KeyId
  if (typeof id !== 'string') {
    if (typeof input.AliasName === 'string') return aliasArn(exchange, input.AliasName.replace(/^alias\//, ''))
    if (typeof input.GrantToken === 'string') return keyArn(exchange, readToken(input.GrantToken).key)
    const parsed = Buffer.isBuffer(input.CiphertextBlob) ? parseBlob(input.CiphertextBlob) : null
    return parsed ? keyArn(exchange, parsed.name) : '*'
  }
  if (exchange.signer?.key.sessionPolicy !== undefined) return (await find(exchange, id)).arn
  return id.startsWith('arn:') ? id : id.startsWith('alias/') ? aliasArn(exchange, id.slice(6)) : keyArn(exchange, id)
}

export const kms: Service = {
  name: 'kms',
  protocol: 'json',
  target: 'TrentService',
  source: 'kms.amazonaws.com',
  faults: { 'not-found': 'NotFoundException', 'no-route': 'NotFoundException', internal: 'KMSInternalException', exists: 'AlreadyExistsException', precondition: 'KMSInvalidStateException', unsupported: 'UnsupportedOperationException' },
  resourceOf,
  operations: [
    ...lifecycleOperations, ...aliasOperations, ...encryptOperations, ...dataKeyOperations, ...signOperations, ...macOperations,
    ...rotationOperations, ...regionOperations, ...grantOperations, ...policyOperations, ...tagOperations, ...importOperations, ...unsupportedOperations,
  ],
}
