// PayPal and Braintree.
import type { Rule } from '../rule.ts'
import { hex, near } from './near.ts'
import { tokens } from './token.ts'

export const paypal: Rule[] = [
  ...tokens({
    'paypal-braintree-token': ['Braintree access token', 'https://developer.paypal.com/braintree/docs',
      'access_token[$](?:production|sandbox)[$][a-z0-9]{16}[$][a-f0-9]{32}'],
    'braintree-tokenization-key': ['Braintree tokenization key', 'https://developer.paypal.com/braintree/docs',
      '(?:production|sandbox)_[a-z0-9]{8}_[a-z0-9]{16}', { keywords: ['production_', 'sandbox_'], confidence: 'low', entropy: 3.3 }],
  }),
  ...near({
    'paypal-client-secret': ['PayPal client secret', 'https://developer.paypal.com/api/rest/authentication/', 'paypal',
      '[AE][A-Za-z0-9_-]{63,79}|[A-Za-z0-9_-]{44}|[A-Za-z0-9_-]{80}|[A-Za-z0-9_.]{7}-[A-Za-z0-9_.]{72}', { entropy: 4 }],
    'braintree-private-key': ['Braintree private key', 'https://developer.paypal.com/braintree/docs', 'braintree', hex(32)],
  }),
]
