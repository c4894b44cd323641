// Plaid: secrets and access tokens.
import type { Rule } from '../rule.ts'
import { hex, near, uuid } from './near.ts'

export const plaid: Rule[] = [
  ...near({
    'plaid-secret': ['Plaid client id or secret', 'https://plaid.com/docs/', 'plaid',
      `access-(?:sandbox|development|production)-${uuid}|${hex(30)}|${hex(24)}`],
    'plaid-access-token': ['Plaid access token', 'https://plaid.com/docs/', 'access sandbox|access development|access production|plaid',
      `access-(?:sandbox|development|production)-${uuid}`, { keywords: ['access-sandbox-', 'access-production-', 'access-development-'],
      pattern: /(?<![A-Za-z0-9])(?<secret>access-(?:sandbox|development|production)-[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12})/ ,
        hits: ['token: access-production-01234567-89ab-4cde-8f01-23456789abcd'], misses: ['access-production-x'] }],
  }),
]
