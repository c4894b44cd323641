// Supabase: management tokens and keys of projects.
import type { Rule } from '../rule.ts'
import { tokens } from './token.ts'

export const supabase: Rule[] = [
  ...tokens({
    'supabase-access-token': ['Supabase personal access token', 'https://supabase.com/docs/reference/api/introduction',
      'sb[a-z]_[a-f0-9]{40}', { keywords: ['sbp_', 'sbt_'], pattern: /(?<![A-Za-z0-9])(?<secret>sb[pt]_[a-z0-9]{40})(?![A-Za-z0-9])/,
      entropy: 3, hits: [`SUPABASE_ACCESS_TOKEN=sbp_${'0a1b2c3d4e'.repeat(4)}`] }],
    'supabase-secret-key': ['Supabase secret key', 'https://supabase.com/docs/guides/api/api-keys',
      'sb_(?:secret|publishable)_[A-Za-z0-9_-]{22,31}_[A-Za-z0-9_-]{8}', { keywords: ['sb_secret_', 'sb_publishable_'] }],
  }),
]
