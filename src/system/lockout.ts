// `sys/locked-users`: who is locked out, and letting them in again.
import type { Core } from '../core/core.ts'
import type { Mount } from '../core/mounts.ts'
import { invalid } from '../kit/errors.ts'
import { text } from '../kit/field.ts'
import { type AuthMethod, type Context, type Route, route } from '../kit/route.ts'

export function lockoutRoutes(core: Core): Route[] {
  const methodsOf = (namespace: string): Mount[] => core.mounts.of(namespace, 'auth').filter((mount) => (mount.engine as AuthMethod).loginName)
  const find = (context: Context, accessor: string): Mount => {
    const mount = core.mounts.byAccessor(accessor)
    if (!mount || mount.record.class !== 'auth' || !mount.namespace.path.startsWith(context.mount.namespace)) throw invalid('invalid mount accessor')
    return mount
  }
  const perMount = async (mounts: readonly Mount[]) => {
    const found = await Promise.all(mounts.map(async (mount) => ({ mount_accessor: mount.record.accessor, names: await core.lockout.locked(mount) })))
    return found
      .filter(({ names }) => names.length > 0)
      .map(({ mount_accessor, names }) => ({ mount_accessor, counts: names.length, alias_identifiers: names }))
      .sort((a, b) => b.counts - a.counts)
  }
  return [
    route({
      op: 'read',
      path: 'locked-users',
      about: 'Lists users that are locked out, of this namespace and those below.',
      takes: { mount_accessor: text({ about: 'Only users of this auth mount.' }) },
      async run(context, input) {
        const chosen = input.mount_accessor ? find(context, input.mount_accessor) : null
        const namespaces = chosen ? [chosen.namespace] : [core.namespaces.at(context.mount.namespace)!, ...core.namespaces.below(context.mount.namespace)]
        const by_namespace = []
        for (const namespace of namespaces) {
          const mount_accessors = await perMount(chosen ? [chosen] : methodsOf(namespace.path))
          const counts = mount_accessors.reduce((sum, one) => sum + one.counts, 0)
          if (counts > 0) by_namespace.push({ namespace_id: namespace.id, namespace_path: namespace.path, counts, mount_accessors })
        }
        by_namespace.sort((a, b) => b.counts - a.counts)
        return { by_namespace, total: by_namespace.reduce((sum, one) => sum + one.counts, 0) }
      },
    }),
    route({
      op: 'write',
      path: 'locked-users/:mount_accessor/unlock/:alias_identifier*',
      about: 'Lets a user in again.',
      takes: { mount_accessor: text({ about: 'Accessor of the auth mount.', required: true }), alias_identifier: text({ about: 'User name, or role id.', required: true }) },
      async run(context, input) {
        const mount = find(context, input.mount_accessor)
        // Methods call their user by one of these names; either is brought into its canonical form.
        const name = (mount.engine as AuthMethod).loginName?.({ username: input.alias_identifier, role_id: input.alias_identifier })
        await core.lockout.unlock(mount, name ?? input.alias_identifier)
      },
    }),
  ]
}
