// `identity/`: who the callers are, in every namespace.
import type { Core } from '../../core/core.ts'
import type { Engine } from '../../kit/route.ts'
import { aliasRoutes } from './aliases.ts'
import { entityRoutes } from './entities.ts'
import { groupRoutes } from './groups.ts'
import { lookupRoutes } from './lookup.ts'
import { mfaMethodRoutes } from './mfa.ts'
import { oidcRoutes } from './oidc/index.ts'

/** `apiAddress`: where clients reach the server, for the issuer of identity tokens. */
export function identityEngine(core: Core, apiAddress: () => string): Engine {
  return {
    type: 'identity',
    about: 'Identity store',
    routes: [...entityRoutes(core), ...aliasRoutes(core), ...groupRoutes(core), ...lookupRoutes(core), ...mfaMethodRoutes(core), ...oidcRoutes(core, apiAddress)],
  }
}
