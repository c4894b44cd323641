// New Relic: user, ingest, browser, admin and licence keys.
import type { Rule } from '../rule.ts'
import { hex, near } from './near.ts'
import { tokens } from './token.ts'

const newrelic = 'https://docs.newrelic.com/docs/apis/intro-apis/new-relic-api-keys/'

export const newrelicRules: Rule[] = [
  ...tokens({
    'newrelic-user-key': ['New Relic user key', newrelic, 'NRAK-[A-Z0-9]{27}'],
    'newrelic-insights-insert-key': ['New Relic insights insert key', newrelic, 'NRI[IQ]-[A-Za-z0-9_-]{25,32}', { keywords: ['nrii-',
      'nriq-'] }],
    'newrelic-browser-key': ['New Relic browser key', newrelic, 'NR(?:JS|BR)-[a-f0-9]{19}', { keywords: ['nrjs-', 'nrbr-'] }],
    'newrelic-admin-key': ['New Relic admin key', newrelic, 'NRAA-[a-f0-9]{27}'],
    'newrelic-license-key': ['New Relic licence key', newrelic, '(?:eu01xx[a-f0-9]{26,30}|[a-f0-9]{32,36})(?:FFFF)?NRAL', { keywords: ['nral'],
      misses: ['NRAL'] }],
  }),
  ...near({
    'newrelic-key-old': ['New Relic key of the older form', newrelic, 'newrelic|new relic',
      `[A-Za-z0-9_.]{4}-[A-Za-z0-9_.]{42}|${hex(40)}|${hex(47)}|NRI[IQ]-[A-Za-z0-9_-]{32}|${hex(36)}NRAL`],
  }),
]
