// Heroku: keys of both forms.
import type { Rule } from '../rule.ts'
import { near, uuid } from './near.ts'
import { tokens } from './token.ts'

export const heroku: Rule[] = [
  ...tokens({
    'heroku-api-key': ['Heroku API key', 'https://devcenter.heroku.com/articles/authentication',
      'HRKU-(?:AA[A-Za-z0-9_-]{56,58}|[a-f0-9]{8}-[a-f0-9]{4}-[a-f0-9]{4}-[a-f0-9]{4}-[a-f0-9]{12})', { entropy: 3 }],
  }),
  ...near({
    'heroku-api-key-old': ['Heroku API key of the older form', 'https://devcenter.heroku.com/articles/authentication', 'heroku', uuid],
  }),
]
