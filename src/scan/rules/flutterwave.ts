// Flutterwave: secret, public and encryption keys.
import type { Rule } from '../rule.ts'
import { tokens } from './token.ts'

export const flutterwave: Rule[] = [
  ...tokens({
    'flutterwave-secret-key': ['Flutterwave secret key', 'https://developer.flutterwave.com/docs', 'FLWSECK(?:_TEST)?-[a-h0-9]{12,40}-X',
      { keywords: ['flwseck'] }],
    'flutterwave-public-key': ['Flutterwave public key', 'https://developer.flutterwave.com/docs', 'FLWPUBK(?:_TEST)?-[a-h0-9]{32}-X',
      { keywords: ['flwpubk'], confidence: 'low' }],
    'flutterwave-encryption-key': ['Flutterwave encryption key', 'https://developer.flutterwave.com/docs', 'FLWSECK_TEST[a-h0-9]{12}'],
  }),
]
