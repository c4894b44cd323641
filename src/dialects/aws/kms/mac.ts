// Message authentication codes.
import { AwsFault } from '../errors.ts'
import { type Exchange, operation } from '../operation.ts'
import { blob, boolean, string } from '../shape.ts'
import { ask } from './ask.ts'
import { endDryRun } from './encrypt.ts'
import { checkTokens, grantTokens } from './grant.ts'
import { type Place, find, keyId } from './reference.ts'
import { macAlgorithms } from './specs.ts'

const members = { KeyId: keyId, Message: blob({ required: true, min: 1, max: 4096, secret: true }), MacAlgorithm: string({ required: true, words: Object.keys(macAlgorithms) }), GrantTokens: grantTokens, DryRun: boolean() }

interface Asked {
  KeyId: string
  Message: Buffer
  MacAlgorithm: string
  GrantTokens?: string[] | undefined
}

async function onKey(exchange: Exchange, { KeyId, Message, MacAlgorithm, GrantTokens }: Asked, path: string, more: Record<string, unknown> = {}): Promise<{ place: Place; reply: Record<string, unknown> }> {
  checkTokens(GrantTokens)
  const place = await find(exchange, KeyId)
  const { hash, size } = macAlgorithms[MacAlgorithm]!
  const body = { input: Message.toString('base64'), hash_algorithm: hash, unmarked: true, demand: { types: ['hmac'], size }, ...more }
  return { place, reply: await ask(exchange, place, 'write', path, body, { algorithm: MacAlgorithm }) }
}

export const macOperations = [
  operation({
    name: 'GenerateMac',
    about: 'Makes an HMAC of a message.',
    access: [{ op: 'write', path: 'transit/hmac/:name' }],
    input: members,
    shows: ['KeyId', 'MacAlgorithm'],
    async run(exchange, input) {
      const { place, reply } = await onKey(exchange, input, 'hmac/:name')
      endDryRun(input.DryRun)
      return { Mac: reply.hmac, MacAlgorithm: input.MacAlgorithm, KeyId: place.arn }
    },
  }),
  operation({
    name: 'VerifyMac',
    about: 'Verifies an HMAC; a wrong one is an error.',
    access: [{ op: 'write', path: 'transit/verify/:name' }],
    input: { ...members, Mac: blob({ required: true, min: 1, max: 6144 }) },
    shows: ['KeyId', 'MacAlgorithm'],
    async run(exchange, input) {
      const { place, reply } = await onKey(exchange, input, 'verify/:name', { hmac: input.Mac.toString('base64') })
      if (reply.valid !== true) throw new AwsFault('KMSInvalidMacException', '')
      endDryRun(input.DryRun)
      return { KeyId: place.arn, MacValid: true, MacAlgorithm: input.MacAlgorithm }
    },
  }),
]
