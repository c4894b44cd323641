// `auth/aws`: access keys as credentials of a namespace, and the roles that may be assumed with them.
import type { Core } from '../../core/core.ts'
import { Fault } from '../../kit/errors.ts'
import type { AuthMethod } from '../../kit/route.ts'
import { identityRoute } from './identity.ts'
import { issuerRoutes } from './issuers.ts'
import { keyRoutes } from './keys.ts'
import { roleRoutes } from './roles.ts'
import { sessionRoutes } from './sessions.ts'

export function awsAuth(core: Core): AuthMethod {
  return {
    type: 'aws',
    about: 'Access keys that sign requests, and roles to assume with them',
    routes: [identityRoute, ...keyRoutes(core), ...roleRoutes, ...issuerRoutes, ...sessionRoutes(core)],
    renew() {
      throw new Fault('invalid', 'access keys are not renewed: make another one')
    },
  }
}
