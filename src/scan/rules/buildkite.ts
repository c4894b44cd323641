// Buildkite: tokens of people, agents, clusters, packages.
import type { Rule } from '../rule.ts'
import { alnum, lower, near } from './near.ts'
import { tokens } from './token.ts'

export const buildkite: Rule[] = [
  ...tokens({
    'buildkite-user-token': ['Buildkite API access token', 'https://buildkite.com/docs/apis/managing-api-tokens', 'bkua_[a-z0-9]{40}'],
    'buildkite-token': ['Buildkite agent, cluster or package token', 'https://buildkite.com/docs/apis/managing-api-tokens',
      'bk(?:a[a-z]|ct|pat|r[a-z]|cu|p[a-z]|ui)_[A-Za-z0-9_.-]{20,500}', { keywords: ['bkat_', 'bkaa_', 'bkar_', 'bkas_', 'bkac_',
      'bkct_', 'bkpat_', 'bkrt_', 'bkaj_', 'bkcu_', 'bkpi_', 'bkpr_', 'bkps_', 'bkpt_', 'bkui_'], entropy: 3.3 }],
  }),
  ...near({
    'buildkite-token-old': ['Buildkite token of the older form', 'https://buildkite.com/docs/apis/', 'buildkite',
      `${lower(40)}|${alnum(50)}`],
  }),
]
