// `sys/events`: who is told of changes of secrets.
import { randomBytes } from 'node:crypto'
import type { Core } from '../../core/core.ts'
import { type Subscription, subscriptionId } from '../../core/events.ts'
import { listing } from '../../kit/answer.ts'
import { checkCidrs } from '../../kit/cidr.ts'
import { Fault, invalid } from '../../kit/errors.ts'
import { choice, list, text } from '../../kit/field.ts'
import { type Context, type Route, route } from '../../kit/route.ts'
import { type Fate, fateKey, noFate } from './delivery.ts'
import { streamRoutes } from './stream.ts'

const name = text({ about: 'Name of the subscription.', required: true })
const mostSubscriptions = 100

const keyOf = (core: Core, context: Context, given: string): string => `subscription/${subscriptionId({ namespaceId: core.namespaces.at(context.mount.namespace)!.id, name: given })}`

function checkUrl(url: string): void {
  if (!URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol)) throw invalid('url: expected an address that begins with https:// or http://')
  if (new URL(url).username !== '' || new URL(url).password !== '') throw invalid('url: a password does not belong into an address')
}

const shown = ({ kind, url, types, prefixes, allowed, ca, createdAt }: Subscription, fate: Fate): Record<string, unknown> => ({
  kind, url, event_types: types, path_prefixes: prefixes, allowed_networks: allowed, ca_pem: ca, created_time: new Date(createdAt * 1000).toISOString(), deliveries: fate,
})

const subscriptionRoutes = (core: Core): Route[] => [
  route({
    op: 'list',
    path: 'events/subscriptions',
    about: 'Lists the subscriptions.',
    takes: {},
    run: (context) => listing(core.events.subscriptions.filter((one) => one.namespace === context.mount.namespace).map((one) => one.name).sort()),
  }),
  route({
    op: 'read',
    path: 'events/subscriptions/:name',
    about: 'Reads a subscription and how its deliveries fare; never its signing secret.',
    takes: { name },
    async run(context, input) {
      const key = keyOf(core, context, input.name)
      const found = await core.events.view.read<Subscription>(key)
      return found && shown(found, (await core.events.view.read<Fate>(fateKey(key.slice('subscription/'.length)))) ?? noFate)
    },
  }),
  route({
    op: 'write',
    path: 'events/subscriptions/:name',
    about: 'Has changes of secrets sent to an address. Whoever may do this learns the paths of all secrets of the namespace.',
    access: 'sudo',
    takes: {
      name,
      kind: choice(['webhook', 'sns', 'eventbridge'])({ about: 'How events look: as they are, as messages of SNS, as events of EventBridge.', default: 'webhook' }),
      url: text({ about: 'Where events are posted.', required: true }),
      event_types: list({ about: 'Types with * for any text, such as secret.rotated; none: all.', default: [] }),
      path_prefixes: list({ about: 'Paths that events must begin with, such as secret/data/app/; none: all.', default: [] }),
      signing_secret: text({ about: 'Key of the signatures, at least 16 characters; by default one is made and shown once.', secret: true }),
      allowed_networks: list({ about: 'Internal networks in which the address may be.', default: [] }),
      ca_pem: text({ about: 'Certificate authorities of the address.', default: '' }),
    },
    async run(context, input) {
      if (!/^[\w-]{1,128}$/.test(input.name)) throw invalid('name: letters, digits, - and _ are possible')
      checkUrl(input.url)
      checkCidrs(input.allowed_networks, 'allowed_networks')
      if (input.signing_secret !== undefined && input.signing_secret.length < 16) throw invalid('signing_secret: at least 16 characters')
      const namespace = core.namespaces.at(context.mount.namespace)!
      const key = keyOf(core, context, input.name)
      const present = await core.events.view.read<Subscription>(key)
      if (!present && core.events.subscriptions.filter((one) => one.namespace === namespace.path).length >= mostSubscriptions) throw new Fault('invalid', `there are ${mostSubscriptions} subscriptions already`)
      const made = randomBytes(32).toString('base64url')
      const secret = input.signing_secret ?? present?.secret ?? made
      await core.events.view.write(key, {
        name: input.name, namespace: namespace.path, namespaceId: namespace.id, kind: input.kind, url: input.url, types: input.event_types, prefixes: input.path_prefixes,
        secret, allowed: input.allowed_networks, ca: input.ca_pem, createdAt: present?.createdAt ?? Math.trunc(context.now() / 1000),
      } satisfies Subscription)
      return secret === made ? { signing_secret: made } : undefined
    },
  }),
  route({
    op: 'delete',
    path: 'events/subscriptions/:name',
    about: 'Ends a subscription; what was not delivered yet is forgotten.',
    takes: { name },
    run: (context, input) =>
      core.events.view.update((tx) => {
        const key = keyOf(core, context, input.name)
        tx.delete(key)
        tx.delete(fateKey(key.slice('subscription/'.length)))
      }),
  }),
]

/** `over` ends the streams when the server stops. */
export const eventRoutes = (core: Core, over: AbortSignal): Route[] => [...subscriptionRoutes(core), ...streamRoutes(core, over)]
