// Fly.io: access tokens and macaroons.
import type { Rule } from '../rule.ts'
import { tokens } from './token.ts'

export const fly: Rule[] = [
  ...tokens({
    'fly-api-token': ['Fly.io access token', 'https://fly.io/docs/security/tokens/', 'fo1_[A-Za-z0-9_-]{43}', { entropy: 3 }],
    'fly-macaroon': ['Fly.io token (macaroon)', 'https://fly.io/docs/security/tokens/', 'fm[12][ar]?_[A-Za-z0-9+/]{80,2000}={0,3}',
      { keywords: ['fm1_', 'fm2_', 'fm1a_', 'fm1r_'], window: 2200, entropy: 3 }],
    'fly-token-header': ['Fly.io token', 'https://fly.io/docs/security/tokens/', 'FlyV1 [A-Za-z0-9_+/=,-]{60,2000}',
      { keywords: ['flyv1'], window: 2200, entropy: 3 }],
  }),
]
