// PlanetScale: service tokens, OAuth tokens, passwords.
import type { Rule } from '../rule.ts'
import { tokens } from './token.ts'

export const planetscale: Rule[] = [
  ...tokens({
    'planetscale-token': ['PlanetScale service token', 'https://planetscale.com/docs/concepts/service-tokens',
      'pscale_(?:tkn|oauth|pw)_[A-Za-z0-9=._-]{32,64}', { keywords: ['pscale_'], entropy: 3 }],
    'planetscale-other-token': ['PlanetScale credential', 'https://planetscale.com/docs', 'pscale_[a-z]{2,8}_[A-Za-z0-9=._-]{32,64}',
      { entropy: 3 }],
  }),
]
