// Salesforce: sessions, refresh tokens, consumers.
import type { Rule } from '../rule.ts'
import { near } from './near.ts'
import { tokens } from './token.ts'

export const salesforce: Rule[] = [
  ...tokens({
    'salesforce-access-token': ['Salesforce session id or access token', 'https://developer.salesforce.com/docs/',
      '00[A-Za-z0-9]{13}![A-Za-z0-9._]{90,140}', { keywords: ['00d', '!aq', '!ar'],
      hits: [`sid=00D${'aB3dE6gHiJ9k'}!AQ${'aB3dE6gHiJ9kLmN7'.repeat(6)}`], misses: ['00Dxx!short'] }],
    'salesforce-refresh-token': ['Salesforce refresh token', 'https://help.salesforce.com/', '5[Aa]ep[0-9a-zA-Z._=]{60,100}',
      { keywords: ['5aep'], entropy: 3.8 }],
    'salesforce-consumer-key': ['Salesforce consumer key', 'https://help.salesforce.com/', '3MVG9[A-Za-z0-9._]{60,90}', { entropy: 4 }],
  }),
  ...near({
    'salesforce-secret': ['Salesforce consumer secret', 'https://help.salesforce.com/', 'salesforce|sfdc', '[A-F0-9]{64}|[0-9]{18,19}'],
  }),
]
