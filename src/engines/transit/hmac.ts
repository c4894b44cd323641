// HMAC with a named key, and its verification.
import { createHmac, timingSafeEqual } from 'node:crypto'
import { invalid } from '../../kit/errors.ts'
import { integer, text } from '../../kit/field.ts'
import { route, type Route } from '../../kit/route.ts'
import { batchInput, batchResults, runItems, textOf, type Item } from './batch.ts'
import { algorithmFields, chosenHash, type Hash } from './hash.ts'
import { demandFields, meet, readings, written } from './demand.ts'
import { needBase64, needKey, versionAt, versionForUse, type Key } from './key.ts'
import { hmacOf } from './material.ts'

function needDigest(hash: Hash): string {
  if (hash.bytes === 0) throw invalid('unsupported algorithm "none"')
  return hash.digest
}

export function verifyHmac(key: Key, hash: Hash, item: Item, unmarked: boolean): boolean {
  const input = needBase64(textOf(item, 'input'), 'input')
  const digest = needDigest(hash)
  return readings(key, textOf(item, 'hmac'), 'HMAC', unmarked).some(({ number, bytes }) => {
    const expected = createHmac(digest, hmacOf(versionAt(key, number))).update(input).digest()
    return expected.length === bytes.length && timingSafeEqual(expected, bytes)
  })
}

const hmac = route({
  op: 'write',
  path: 'hmac/:name/:urlalgorithm?',
  pure: true,
  about: 'The HMAC of the input with the named key.',
  takes: {
    ...algorithmFields,
    ...demandFields,
    name: text({ about: 'Name of the key.', required: true }),
    input: text({ about: 'What to authenticate, base64.', secret: true }),
    key_version: integer({ about: 'Version to use; 0 for the latest.', default: 0 }),
    batch_input: batchInput,
  },
  gives: { hmac: text({ about: 'vault:vN: and base64.' }), batch_results: batchResults },
  async run(context, input) {
    const key = await needKey(context.store, input.name)
    meet(key, 'mac', input.demand)
    const number = versionForUse(key, input.key_version, 'HMAC')
    const digest = needDigest(chosenHash(input))
    const secret = hmacOf(versionAt(key, number))
    return runItems(
      input.batch_input,
      (): Item => (input.input === undefined ? {} : { input: input.input }),
      (item) => {
        if (item.input === undefined) throw invalid('missing input for HMAC')
        return { hmac: written(number, createHmac(digest, secret).update(needBase64(textOf(item, 'input'), 'input')).digest(), input.unmarked) }
      },
      { failed: 200 },
    )
  },
})

export const hmacRoutes: Route[] = [hmac]
