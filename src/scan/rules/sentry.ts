// Sentry: organisation, user and integration tokens, DSNs.
import type { Rule } from '../rule.ts'
import { hex, near } from './near.ts'
import { tokens } from './token.ts'

/** The body of an organisation token says for which site it was issued; 32 random bytes in base64 without padding follow. */
const isSentryOrg = (token: string) =>
  /_[A-Za-z0-9+/]{43}$/.test(token) && /^\{"(?:iat|url|region_url)"/.test(Buffer.from(token.slice(7), 'base64').toString('latin1').slice(0, 200))

const sentry = 'https://docs.sentry.io/api/auth/'

export const sentryRules: Rule[] = [
  ...tokens({
    'sentry-org-token': ['Sentry organisation token', sentry, 'sntrys_eyJ[A-Za-z0-9+/=_-]{60,400}', { check: isSentryOrg, entropy: 4,
      hits: [`SENTRY_AUTH_TOKEN=sntrys_${Buffer.from('{"iat":1700000000.1,"url":"https://sentry.io","region_url":"https://us.sentry.io","org":"acme"}').toString('base64')}_${'aB3dE6gH'.repeat(6).slice(0, 43)}`],
        misses: [`sntrys_eyJ${'aB3dE6gH'.repeat(12)}`] }],
    'sentry-user-token': ['Sentry user token', sentry, 'sntryu_[a-f0-9]{64}'],
    'sentry-internal-token': ['Sentry internal integration token', sentry, 'sntryi_[a-f0-9]{64}'],
    'sentry-dsn': ['Sentry DSN with its secret', 'https://docs.sentry.io/concepts/key-terms/dsn-explainer/',
      'https://[a-f0-9]{32}:[a-f0-9]{32}@[A-Za-z0-9.-]{4,80}/[0-9]{1,20}', { keywords: ['@sentry', 'sentry', 'ingest'],
      misses: ['https://key@sentry.io/1'],
      hits: [`SENTRY_DSN=https://${'0a1b2c3d'.repeat(4)}:${'9f8e7d6c'.repeat(4)}@sentry.io/1234`] }],
  }),
  ...near({
    'sentry-token-old': ['Sentry token of the older form', sentry, 'sentry', hex(64)],
  }),
]
