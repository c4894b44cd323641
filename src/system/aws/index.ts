// `auth/aws`: access keys as credentials of a namespace, the roles that may be assumed with them, and the functions
// that rotate secrets.
import type { Core } from '../../core/core.ts'
import { Fault } from '../../kit/errors.ts'
import type { AuthMethod } from '../../kit/route.ts'
import { accountRoutes } from './account.ts'
import { identityRoute } from './identity.ts'
import { issuerRoutes } from './issuers.ts'
import { keyRoutes } from './keys.ts'
import { roleRoutes } from './roles.ts'
import { samlRoutes } from './saml-providers.ts'
import { functionRoutes } from './rotation/functions.ts'
import type { Surroundings } from './rotation/invoke.ts'
import { Rotations } from './rotation/rotation.ts'
import { rotationRoutes } from './rotation/routes.ts'
import { sessionRoutes } from './sessions.ts'

export function awsAuth(core: Core, around: Surroundings): AuthMethod {
  const rotations = new Rotations(core, around)
  return {
    type: 'aws',
    about: 'Access keys that sign requests, roles to assume with them, and rotation functions',
    routes: [identityRoute, ...keyRoutes(core), ...accountRoutes(core), ...roleRoutes, ...issuerRoutes, ...samlRoutes, ...sessionRoutes(core), ...functionRoutes(around.folder), ...rotationRoutes(core, rotations)],
    renew() {
      throw new Fault('invalid', 'access keys are not renewed: make another one')
    },
  }
}
