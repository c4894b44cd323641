// Contentful.
import type { Rule } from '../rule.ts'
import { near, wide } from './near.ts'
import { tokens } from './token.ts'

export const contentful: Rule[] = [
  ...tokens({
    'contentful-cfpat': ['Contentful management token', 'https://www.contentful.com/developers/docs/references/authentication/',
      'CFPAT-[A-Za-z0-9_-]{43,70}'],
  }),
  ...near({
    'contentful-delivery-token': ['Contentful delivery token', 'https://www.contentful.com/developers/docs/references/authentication/',
      'contentful', wide(43), { entropy: 3.5 }],
  }),
]
