// Shopify: apps, partners, storefronts.
import type { Rule } from '../rule.ts'
import { tokens } from './token.ts'

const shopify = 'https://shopify.dev/docs/apps/build/authentication-authorization'

export const shopifyRules: Rule[] = [
  ...tokens({
    'shopify-access-token': ['Shopify access token', shopify, 'shpat_[a-zA-Z0-9]{32,38}'],
    'shopify-custom-app-token': ['Shopify custom app token', shopify, 'shpca_[a-zA-Z0-9]{32,38}'],
    'shopify-private-app-token': ['Shopify private app password', shopify, 'shppa_[a-zA-Z0-9]{32,38}'],
    'shopify-shared-secret': ['Shopify shared secret', shopify, 'shpss_[a-zA-Z0-9]{32,38}'],
    'shopify-partner-token': ['Shopify partner token', shopify, 'prtapi_[a-f0-9]{32}'],
    'shopify-other-token': ['Shopify token', shopify, 'shp(?:ua|tka|at|it|rt)_[a-fA-F0-9]{32}', { keywords: ['shpua_', 'shptka_',
      'shpit_', 'shprt_'] }],
  }),
]
