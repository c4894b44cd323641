// The database engine: accounts made on demand and dropped with their leases, and existing ones whose passwords change in time.
import type { Engine } from '../../kit/route.ts'
import { configRoutes } from './config.ts'
import { credsLease, roleRoutes } from './roles.ts'
import { staticRoleRoutes, staticRotation } from './static-roles.ts'

export const database: Engine = {
  type: 'database',
  about: 'Makes database accounts on demand and rotates the passwords of existing ones.',
  routes: [...configRoutes, ...roleRoutes, ...staticRoleRoutes],
  leases: { creds: credsLease },
  chores: [staticRotation],
}
