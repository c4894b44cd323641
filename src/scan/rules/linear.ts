// Linear: keys, OAuth tokens, client secrets.
import type { Rule } from '../rule.ts'
import { hex, near } from './near.ts'
import { tokens } from './token.ts'

export const linear: Rule[] = [
  ...tokens({
    'linear-api-key': ['Linear API key', 'https://linear.app/developers/graphql', 'lin_api_[A-Za-z0-9]{40,48}', { entropy: 3 }],
    'linear-oauth-token': ['Linear OAuth token', 'https://linear.app/developers/oauth-2-0-authentication', 'lin_oauth_[A-Za-z0-9]{40,64}',
      { entropy: 3 }],
  }),
  ...near({
    'linear-client-secret': ['Linear client secret', 'https://linear.app/developers/oauth-2-0-authentication', 'linear', hex(32)],
  }),
]
