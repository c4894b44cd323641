// Notion: integration tokens of both forms.
import type { Rule } from '../rule.ts'
import { tokens } from './token.ts'

export const notion: Rule[] = [
  ...tokens({
    'notion-token': ['Notion integration token', 'https://developers.notion.com/reference/authentication', 'ntn_[0-9]{11}[A-Za-z0-9]{35}',
      { entropy: 3.5 }],
    'notion-token-old': ['Notion integration token of the older form', 'https://developers.notion.com/reference/authentication',
      'secret_[A-Za-z0-9]{43}', { entropy: 3.8 }],
  }),
]
