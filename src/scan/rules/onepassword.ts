// 1Password: service accounts and secret keys.
import type { Rule } from '../rule.ts'
import { tokens } from './token.ts'

export const onepassword: Rule[] = [
  ...tokens({
    '1password-service-account-token': ['1Password service account token', 'https://developer.1password.com/docs/service-accounts/',
      'ops_eyJ[A-Za-z0-9+/]{250,2000}={0,3}', { window: 2200 }],
    '1password-secret-key': ['1Password secret key', 'https://support.1password.com/secret-key-security/',
      'A3-[A-Z0-9]{6}-(?:[A-Z0-9]{11}|[A-Z0-9]{6}-[A-Z0-9]{5})-[A-Z0-9]{5}-[A-Z0-9]{5}-[A-Z0-9]{5}', { keywords: ['a3-'], entropy: 3.5 }],
  }),
]
