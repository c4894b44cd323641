// How a namespace appears as an account: its number, the mounts that services use, and the regions that are kept apart.
import type { ServiceMounts } from '../../core/access-keys.ts'
import type { Core } from '../../core/core.ts'
import { invalid } from '../../kit/errors.ts'
import { text } from '../../kit/field.ts'
import { type Route, route } from '../../kit/route.ts'
import { namespaceOf } from './keys.ts'

const region = text({ about: 'Name of the region.', required: true })
const mountFields = {
  secrets: text({ about: 'Mount of Secrets Manager (KV version 2).' }),
  parameters: text({ about: 'Mount of Parameter Store (KV version 2).' }),
  keys: text({ about: 'Mount of KMS (transit).' }),
}

/** Mounts that an input names, each with its trailing slash. */
function mountsOf(input: { [K in keyof ServiceMounts]?: string | undefined }): Partial<ServiceMounts> {
  const mounts: Partial<ServiceMounts> = {}
  for (const name of Object.keys(mountFields) as (keyof ServiceMounts)[]) if (input[name] !== undefined) mounts[name] = `${input[name].replace(/^\/+|\/+$/g, '')}/`
  return mounts
}

export const accountRoutes = (core: Core): Route[] => [
  route({
    op: 'read',
    path: 'config',
    about: 'Shows how this namespace appears to clients of AWS.',
    takes: {},
    run: async (context) => ({ ...(await core.accessKeys.settings(namespaceOf(core, context))) }),
  }),
  route({
    op: 'write',
    path: 'config',
    about: 'Sets the account number of this namespace and the mounts that services use.',
    takes: {
      account: text({ about: 'Twelve digits.' }),
      ...mountFields,
    },
    async run(context, input) {
      if (input.account !== undefined && !/^\d{12}$/.test(input.account)) throw invalid('account: expected twelve digits')
      await core.accessKeys.configure(namespaceOf(core, context), { ...(input.account !== undefined && { account: input.account }), ...mountsOf(input) })
    },
  }),
  route({
    op: 'write',
    path: 'config/region/:region',
    about: 'Keeps a region apart: gives services mounts of its own there. What is not named is shared with the other regions.',
    takes: { region, ...mountFields },
    async run(context, input) {
      if (!/^[a-z]{2}(?:-[a-z]+)+-\d$/.test(input.region)) throw invalid('region: expected a name such as eu-central-1')
      await core.accessKeys.configure(namespaceOf(core, context), { regions: { [input.region]: mountsOf(input) } })
    },
  }),
  route({
    op: 'delete',
    path: 'config/region/:region',
    about: 'Lets a region share the mounts of the account again.',
    takes: { region },
    run: (context, input) => core.accessKeys.configure(namespaceOf(core, context), { regions: { [input.region]: null } }),
  }),
]
