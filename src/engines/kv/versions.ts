// Ending versions and bringing them back: `delete/`, `undelete/`, `destroy/`.
import { list, text } from '../../kit/field.ts'
import { type Route, route } from '../../kit/route.ts'
import { withoutEnd } from './entry-change.ts'
import { type Version, changeSecret, isDeleted, payloadKey, requirePath, versionNumbers } from './secret.ts'

interface Ending {
  path: string
  about: string
  /** The version afterwards, or undefined where nothing changes. */
  change(version: Version, now: number): Version | undefined
}

const endings: Ending[] = [
  {
    path: 'delete/:path*',
    about: 'Deletes versions; they can be brought back.',
    change: (version, now) => (version.destroyed || isDeleted(version, now) ? undefined : { ...version, deleted: now }),
  },
  {
    path: 'undelete/:path*',
    about: 'Brings deleted versions back.',
    change: (version) => (version.destroyed || version.deleted === 0 ? undefined : { ...version, deleted: 0 }),
  },
  {
    path: 'destroy/:path*',
    about: 'Removes the data of versions for good.',
    change: (version) => (version.destroyed ? undefined : { ...version, destroyed: true }),
  },
]

export const versionRoutes: Route[] = endings.map(({ path, about, change }) =>
  route({
    op: 'write',
    path,
    about,
    takes: { path: text({ about: 'Location of the secret.', default: '' }), versions: list({ about: 'Numbers of the versions.', default: [] }) },
    async run(context, input) {
      const now = context.now()
      const numbers = versionNumbers(input.versions)
      await changeSecret(context, requirePath(input.path), (secret, tx) => {
        for (const number of numbers) {
          const changed = secret.versions[number] && change(secret.versions[number], now)
          if (!changed) continue
          secret.versions[number] = changed
          if (changed.destroyed) tx.delete(payloadKey(input.path, secret, number))
        }
        return { ...(path.startsWith('undelete') ? withoutEnd(tx, input.path, secret) : secret), updated: now }
      })
    },
  }),
)
