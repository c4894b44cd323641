// SendGrid.
import type { Rule } from '../rule.ts'
import { near } from './near.ts'
import { tokens } from './token.ts'

export const sendgrid: Rule[] = [
  ...tokens({
    'sendgrid-api-key': ['SendGrid API key', 'https://www.twilio.com/docs/sendgrid/for-developers/sending-email/authentication',
      'SG[.](?:[A-Za-z0-9_-]{16,32}[.][A-Za-z0-9_=-]{16,64}|[A-Za-z0-9_.=-]{66})', { keywords: ['sg.'], entropy: 3.5 }],
  }),
  ...near({
    'sendgrid-key-named': ['SendGrid API key', 'https://www.twilio.com/docs/sendgrid/', 'sendgrid',
      'SG[.][A-Za-z0-9_-]{20,24}[.][A-Za-z0-9_=-]{39,50}'],
  }),
]
