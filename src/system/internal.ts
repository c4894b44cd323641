// `sys/internal/*`: what user interfaces and command lines ask before they ask.
import type { Core } from '../core/core.ts'
import type { Mount } from '../core/mounts.ts'
import { Acl } from '../core/policy/index.ts'
import { Fault } from '../kit/errors.ts'
import { text } from '../kit/field.ts'
import { type Route, route } from '../kit/route.ts'
import { mountView } from './mounts.ts'
import { aclOf } from './session.ts'

const shown = (mount: Mount, acl: Acl | null): boolean => mount.record.config.listingVisibility === 'unauth' || (acl !== null && acl.reaches(mount.fullPath))

export function internalRoutes(core: Core): Route[] {
  return [
    route({
      op: 'read',
      path: 'internal/ui/mounts',
      about: 'Lists the mounts that the caller can reach.',
      access: 'open',
      takes: {},
      async run(context) {
        const acl = await aclOf(core, context)
        const view = (kind: 'secret' | 'auth'): Record<string, unknown> =>
          Object.fromEntries(
            core.mounts
              .of(context.mount.namespace, kind)
              .filter((mount) => shown(mount, acl))
              .map((mount) => [kind === 'auth' ? mount.record.path.slice('auth/'.length) : mount.record.path, mountView(mount)]),
          )
        return { secret: view('secret'), auth: view('auth') }
      },
    }),
    route({
      op: 'read',
      path: 'internal/ui/mounts/:path*',
      about: 'Tells which mount a path belongs to.',
      access: 'open',
      takes: { path: text({ about: 'A path below a mount.', default: '' }) },
      async run(context, input) {
        const acl = await aclOf(core, context)
        const { mount } = core.mounts.resolve('read', context.mount.namespace, `${input.path}/`)
        if (!acl) throw new Fault('unauthenticated')
        // Whether a mount exists is not told to those who cannot reach it.
        if (!mount || !shown(mount, acl)) throw new Fault('denied', "preflight capability check returned 403, please ensure client's policies grant access to path \"" + input.path.replace(/\/*$/, '/') + '"')
        return { ...mountView(mount), path: mount.record.path }
      },
    }),
    route({
      op: 'read',
      path: 'internal/ui/namespaces',
      about: 'Lists the namespaces below this one.',
      access: 'open',
      takes: {},
      async run(context) {
        const acl = await aclOf(core, context)
        if (!acl) throw new Fault('denied')
        const own = context.mount.namespace
        const keys = core.namespaces.below(own).filter((one) => acl.reaches(one.path)).map((one) => one.path.slice(own.length))
        return { keys }
      },
    }),
    route({
      op: 'read',
      path: 'internal/ui/resultant-acl',
      about: 'Shows every rule that the calling token has.',
      takes: {},
      async run(context) {
        const acl = await aclOf(core, context)
        if (!acl) throw new Fault('denied')
        const grants = (wild: boolean) => Object.fromEntries(acl.patterns().filter(({ pattern }) => pattern.endsWith('*') === wild).map(({ pattern, capabilities }) => [wild ? pattern.slice(0, -1) : pattern, { capabilities }]))
        return { root: acl === Acl.root, exact_paths: grants(false), glob_paths: grants(true), chroot_namespace: '' }
      },
    }),
  ]
}
