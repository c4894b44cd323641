// Every detector, provider by provider. A new file of rules is one import and one line here.
import type { Rule } from '../rule.ts'
import { ai } from './ai.ts'
import { aws } from './aws.ts'
import { azure } from './azure.ts'
import { business } from './business.ts'
import { clouds } from './clouds.ts'
import { commerce } from './commerce.ts'
import { connections } from './connections.ts'
import { dataServices } from './data-services.ts'
import { development } from './development.ts'
import { github } from './github.ts'
import { gitlab } from './gitlab.ts'
import { google } from './google.ts'
import { http } from './http.ts'
import { identity } from './identity.ts'
import { keys } from './keys.ts'
import { marketing } from './marketing.ts'
import { messaging } from './messaging.ts'
import { observability } from './observability.ts'
import { payments } from './payments.ts'
import { slack } from './slack.ts'
import { vaults } from './vaults.ts'
import { wallets } from './wallets.ts'

/** Ordered from what names its provider to what only looks like a credential: of two that find the same text, the first counts. */
export const rules: readonly Rule[] = [
  ...aws,
  ...google,
  ...azure,
  ...github,
  ...gitlab,
  ...slack,
  ...vaults,
  ...clouds,
  ...ai,
  ...payments,
  ...development,
  ...observability,
  ...messaging,
  ...business,
  ...marketing,
  ...commerce,
  ...identity,
  ...dataServices,
  ...wallets,
  ...keys,
  ...connections,
  ...http,
]
