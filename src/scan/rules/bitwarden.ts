// Bitwarden and Vaultwarden.
import type { Rule } from '../rule.ts'
import { alnum, near, uuid } from './near.ts'
import { tokens } from './token.ts'

const drawn = { strict: true, entropy: 3.5 } as const

export const bitwarden: Rule[] = [
  ...tokens({
    'bitwarden-access-token': ['Bitwarden Secrets Manager access token', 'https://bitwarden.com/help/access-tokens/',
      `0[.]${uuid}[.][A-Za-z0-9]{30}:[A-Za-z0-9+/]{22}==`, { keywords: ['bws', 'bitwarden', 'access_token'],
      hits: [`BWS_ACCESS_TOKEN=0.01234567-89ab-4cde-8f01-23456789abcd.${'aB3dE6gHiJ'.repeat(3)}:${'kL9mN2pQrS4'.repeat(2)}==`],
      misses: ['BWS_ACCESS_TOKEN=0.x'] }],
  }),
  ...near({
    'bitwarden-client-secret': ['Bitwarden API client secret', 'https://bitwarden.com/help/personal-api-key/',
      'bw clientsecret|bitwarden', alnum(30), { strict: true, entropy: 3.5 }],
    'vaultwarden-token': ['Vaultwarden admin token', 'https://github.com/dani-garcia/vaultwarden/wiki', 'admin token|vaultwarden',
      '[A-Za-z0-9+/]{64}', drawn],
  }),
]
