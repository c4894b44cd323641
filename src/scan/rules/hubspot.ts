// HubSpot: private apps and keys.
import type { Rule } from '../rule.ts'
import { near, uuid } from './near.ts'
import { tokens } from './token.ts'

export const hubspot: Rule[] = [
  ...tokens({
    'hubspot-token': ['HubSpot private app token', 'https://developers.hubspot.com/docs/guides/apps/private-apps/overview',
      `pat-(?:na|eu|ap)[0-9]-${uuid}`, { keywords: ['pat-na', 'pat-eu', 'pat-ap'] }],
  }),
  ...near({
    'hubspot-key': ['HubSpot API key', 'https://developers.hubspot.com/', 'hubspot|hapikey', uuid],
  }),
]
