// Mapbox: secret, public and named tokens.
import type { Rule } from '../rule.ts'
import { near } from './near.ts'
import { tokens } from './token.ts'

export const mapbox: Rule[] = [
  ...tokens({
    'mapbox-secret-token': ['Mapbox secret token', 'https://docs.mapbox.com/accounts/guides/tokens/',
      '[st]k[.]eyJ1[A-Za-z0-9_-]{20,200}[.][A-Za-z0-9_-]{20,30}', { keywords: ['sk.ey', 'tk.ey'] }],
    'mapbox-public-token': ['Mapbox public token', 'https://docs.mapbox.com/accounts/guides/tokens/',
      'pk[.]eyJ1[A-Za-z0-9_-]{40,200}[.][A-Za-z0-9_-]{20,30}', { keywords: ['pk.ey'], confidence: 'low' }],
  }),
  ...near({
    'mapbox-token-named': ['Mapbox token', 'https://docs.mapbox.com/accounts/guides/tokens/', 'mapbox',
      '[pst]k[.][A-Za-z0-9_-]{60}[.][A-Za-z0-9_-]{22}|sk[.][A-Za-z0-9.-]{80,240}'],
  }),
]
