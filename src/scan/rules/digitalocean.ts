// DigitalOcean: access, OAuth and refresh tokens, Spaces keys.
import type { Rule } from '../rule.ts'
import { hex, near } from './near.ts'
import { tokens } from './token.ts'

export const digitalocean: Rule[] = [
  ...tokens({
    'digitalocean-pat': ['DigitalOcean personal access token',
      'https://docs.digitalocean.com/reference/api/create-personal-access-token/', 'dop_v1_[a-f0-9]{64}'],
    'digitalocean-oauth-token': ['DigitalOcean OAuth token', 'https://docs.digitalocean.com/reference/api/oauth/', 'doo_v1_[a-f0-9]{64}'],
    'digitalocean-refresh-token': ['DigitalOcean refresh token', 'https://docs.digitalocean.com/reference/api/oauth/',
      'dor_v1_[a-f0-9]{64}'],
    'digitalocean-spaces-key': ['DigitalOcean Spaces access key id',
      'https://docs.digitalocean.com/products/spaces/how-to/manage-access/', 'DO(?:00|801)[A-Z0-9]{15,17}', { keywords: ['do00', 'do801'],
      entropy: 3 }],
  }),
  ...near({
    'digitalocean-token-old': ['DigitalOcean token of the older form', 'https://docs.digitalocean.com/reference/api/',
      'digitalocean|digital ocean|do token', `(?:do[opr]_v1_)?${hex(64)}`],
  }),
]
