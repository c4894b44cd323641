// Cloudflare: tokens, global keys, origin CA keys, Turnstile, tunnels.
import type { Rule } from '../rule.ts'
import { hex, lower, near, wide } from './near.ts'
import { tokens } from './token.ts'

export const cloudflare: Rule[] = [
  ...tokens({
    'turnstile-secret': ['Cloudflare Turnstile secret key', 'https://developers.cloudflare.com/turnstile/',
      '0x4AAAAAA[A-Za-z0-9_-]{20,30}', { keywords: ['0x4aaaaaa'], entropy: 3 }],
    'argo-tunnel-token': ['Cloudflare tunnel token', 'https://developers.cloudflare.com/cloudflare-one/',
      'eyJhIjoi[A-Za-z0-9+/]{100,300}={0,2}', { entropy: 4 }],
    'cloudflare-ca-key': ['Cloudflare origin CA key', 'https://developers.cloudflare.com/fundamentals/api/get-started/ca-keys/',
      'v1[.]0-[a-f0-9]{24}-[a-f0-9]{146}', { pattern: /(?<![A-Za-z0-9])(?<secret>v1\.0-[a-z0-9]{24}-[a-f0-9]{140,150})(?![a-f0-9])/ }],
    'cloudflare-scoped-token': ['Cloudflare API token with prefix',
      'https://developers.cloudflare.com/fundamentals/api/get-started/create-token/', 'cf(?:ut|at|k)_[A-Za-z0-9]{40}[a-f0-9]{8}',
      { keywords: ['cfut_', 'cfat_', 'cfk_'], entropy: 3 }],
  }),
  ...near({
    'cloudflare-api-token': ['Cloudflare API token', 'https://developers.cloudflare.com/fundamentals/api/get-started/create-token/',
      'cloudflare|cf api token', wide(40), { entropy: 3.5 }],
    'cloudflare-global-key': ['Cloudflare global API key', 'https://developers.cloudflare.com/fundamentals/api/get-started/keys/',
      'cloudflare|cf api key|x auth key', `${hex(37)}|${lower(37)}`],
  }),
]
