// Postman.
import type { Rule } from '../rule.ts'
import { tokens } from './token.ts'

export const postman: Rule[] = [
  ...tokens({
    'postman-key': ['Postman API key', 'https://learning.postman.com/docs/developer/postman-api/authentication/',
      'PMAK-[a-f0-9]{24}-[a-f0-9]{34}', { pattern: /(?<![A-Za-z0-9])(?<secret>PMAK-[a-zA-Z0-9]{24}-[a-zA-Z0-9]{34})(?![A-Za-z0-9])/ }],
    'postman-collection-key': ['Postman collection access key', 'https://learning.postman.com/docs/', 'PMAT-[A-Z0-9]{26}'],
  }),
]
