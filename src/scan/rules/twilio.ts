// Twilio: accounts, keys and tokens.
import type { Rule } from '../rule.ts'
import { hex, near } from './near.ts'
import { tokens } from './token.ts'

export const twilio: Rule[] = [
  ...tokens({
    'twilio-account-sid': ['Twilio account SID', 'https://www.twilio.com/docs/glossary/what-is-a-sid', 'AC[a-f0-9]{32}',
      { keywords: ['ac0', 'twilio', 'ac1', 'ac2', 'ac3', 'ac4', 'ac5', 'ac6', 'ac7', 'ac8', 'ac9', 'aca', 'acb', 'acc', 'acd', 'ace',
      'acf'], confidence: 'low' }],
    'twilio-api-key': ['Twilio API key', 'https://www.twilio.com/docs/iam/api-keys', 'SK[a-z0-9]{32}',
      { keywords: [...'0123456789abcdef'].map(digit => `sk${digit}`), confidence: 'medium', entropy: 3 }],
  }),
  ...near({
    'twilio-auth-token': ['Twilio auth token', 'https://www.twilio.com/docs/iam/api', 'twilio', hex(32)],
  }),
]
