// Settings of a whole mount: whether encrypting makes keys, and how large the cache of keys may be.
import { invalid } from '../../kit/errors.ts'
import { boolean, integer } from '../../kit/field.ts'
import { route, type Route } from '../../kit/route.ts'
import type { Reader } from '../../kit/view.ts'

interface Limits {
  disableUpsert: boolean
}

const limitsKey = 'config/keys'
const cacheKey = 'config/cache'

export const readLimits = async (store: Reader): Promise<Limits> => (await store.read<Limits>(limitsKey)) ?? { disableUpsert: false }

const upsertField = boolean({ about: 'Refuse to make a key when encrypting with one that does not exist.' })
const sizeField = integer({ about: 'Keys that the cache may hold; 0 for no limit.' })

export const settingsRoutes: Route[] = [
  route({
    op: 'read',
    path: 'config/keys',
    about: 'The settings that hold for all keys of the mount.',
    takes: {},
    gives: { disable_upsert: upsertField },
    run: async (context) => ({ disable_upsert: (await readLimits(context.store)).disableUpsert }),
  }),
  route({
    op: 'write',
    path: 'config/keys',
    about: 'Change the settings that hold for all keys of the mount.',
    takes: { disable_upsert: upsertField },
    gives: { disable_upsert: upsertField },
    async run(context, input) {
      const limits = { disableUpsert: input.disable_upsert ?? (await readLimits(context.store)).disableUpsert }
      await context.store.write(limitsKey, limits)
      return { disable_upsert: limits.disableUpsert }
    },
  }),
  route({
    op: 'read',
    path: 'cache-config',
    about: 'The configured size of the key cache. The server shares one cache between all mounts; the figure is kept for clients that set it.',
    takes: {},
    gives: { size: sizeField },
    run: async (context) => ({ size: (await context.store.read<{ size: number }>(cacheKey))?.size ?? 0 }),
  }),
  route({
    op: 'write',
    path: 'cache-config',
    about: 'Configure the size of the key cache: 0, or at least 10.',
    takes: { size: integer({ about: sizeField.about, default: 0 }) },
    async run(context, input) {
      if (input.size !== 0 && input.size < 10) throw invalid('size must be 0 or a value greater or equal to 10')
      await context.store.write(cacheKey, { size: input.size })
    },
  }),
]
