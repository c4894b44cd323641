// Auth0: clients and management tokens.
import type { Rule } from '../rule.ts'
import { near, wide } from './near.ts'

export const auth0: Rule[] = [
  ...near({
    'auth0-client-secret': ['Auth0 client secret', 'https://auth0.com/docs/', 'auth0', '[A-Za-z0-9_-]{64}', { entropy: 4 }],
    'auth0-client-id': ['Auth0 client id', 'https://auth0.com/docs/', 'auth0', wide(32), { confidence: 'low', entropy: 3.5 }],
    'auth0-management-token': ['Auth0 management token', 'https://auth0.com/docs/', 'auth0',
      'ey[A-Za-z0-9_-]{10,200}[.]ey[A-Za-z0-9_-]{100,1500}[.][A-Za-z0-9_-]{40,800}', { window: 2200 }],
  }),
]
