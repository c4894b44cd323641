// The transit engine: encryption, signatures and random bytes as a service, with keys that never leave unless allowed.
import type { Engine } from '../../kit/route.ts'
import { aliasRoutes, targetOf } from './aliases.ts'
import { attributeRoutes, attributesFor } from './attributes.ts'
import { certificateRoutes } from './certificate.ts'
import { deletionRoutes, endKeys } from './deletion.ts'
import { deriveRoutes } from './derive-key.ts'
import { encryptRoutes } from './encrypt.ts'
import { exportRoutes } from './export.ts'
import { externalRoutes, forgetExpired } from './external.ts'
import { grantRoutes, grantsFor } from './grants.ts'
import { hashRoutes } from './hash.ts'
import { hmacRoutes } from './hmac.ts'
import { importRoutes } from './import.ts'
import { autoRotation, keyRoutes } from './keys.ts'
import { settingsRoutes } from './settings.ts'
import { signRoutes } from './sign.ts'

export const transit: Engine = {
  type: 'transit',
  about: 'Encrypts, signs and hashes for applications with named keys that stay here.',
  routes: [
    ...keyRoutes, ...encryptRoutes, ...signRoutes, ...hmacRoutes, ...hashRoutes,
    ...importRoutes, ...exportRoutes, ...certificateRoutes, ...deriveRoutes, ...settingsRoutes,
    ...attributeRoutes, ...aliasRoutes, ...deletionRoutes, ...externalRoutes, ...grantRoutes,
  ],
  lookups: { alias: targetOf, attributes: attributesFor, grants: grantsFor },
  chores: [autoRotation, endKeys, forgetExpired],
}
