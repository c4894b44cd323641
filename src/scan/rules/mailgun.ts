// Mailgun: private, public and signing keys.
import type { Rule } from '../rule.ts'
import { hex, near } from './near.ts'
import { tokens } from './token.ts'

export const mailgun: Rule[] = [
  ...tokens({
    'mailgun-key': ['Mailgun private key', 'https://documentation.mailgun.com/docs/mailgun/api-reference/', 'key-[a-f0-9]{32}',
      { keywords: ['key-'], pattern: /(?<![A-Za-z0-9_-])(?<secret>key-[a-f0-9]{32})(?![A-Za-z0-9])/ }],
    'mailgun-signing-key': ['Mailgun key', 'https://documentation.mailgun.com/', '[a-f0-9]{32}-[a-f0-9]{8}-[a-f0-9]{8}',
      { keywords: ['mailgun', 'mg_', 'key'], entropy: 3 }],
    'mailgun-public-key': ['Mailgun public validation key', 'https://documentation.mailgun.com/', 'pubkey-[a-f0-9]{32}',
      { confidence: 'low' }],
  }),
  ...near({
    'mailgun-key-named': ['Mailgun key', 'https://documentation.mailgun.com/', 'mailgun',
      `[A-Za-z0-9-]{72}|[a-f0-9]{32}-[a-f0-9]{8}-[a-f0-9]{8}|${hex(32)}`],
  }),
]
