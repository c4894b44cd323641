// Mailchimp and Mandrill.
import type { Rule } from '../rule.ts'
import { near, wide } from './near.ts'
import { tokens } from './token.ts'

export const mailchimp: Rule[] = [
  ...tokens({
    'mailchimp-key': ['Mailchimp API key', 'https://mailchimp.com/developer/marketing/docs/fundamentals/', '[a-f0-9]{32}-us[0-9]{1,2}',
      { keywords: ['-us'], entropy: 3 }],
    'mandrill-key': ['Mandrill key', 'https://mailchimp.com/developer/transactional/', 'md-[A-Za-z0-9_-]{22}', { keywords: ['md-'],
      entropy: 3.5 }],
  }),
  ...near({
    'mandrill-key-named': ['Mandrill key', 'https://mailchimp.com/developer/transactional/', 'mandrill', wide(22), { entropy: 3.3 }],
  }),
]
