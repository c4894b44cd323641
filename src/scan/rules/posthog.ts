// PostHog: personal, project and feature keys.
import type { Rule } from '../rule.ts'
import { tokens } from './token.ts'

const posthog = 'https://posthog.com/docs/api'

export const posthogRules: Rule[] = [
  ...tokens({
    'posthog-personal-key': ['PostHog personal API key', posthog, 'phx_[A-Za-z0-9_-]{43,50}', { entropy: 3 }],
    'posthog-project-key': ['PostHog project API key', posthog, 'phc_[A-Za-z0-9_-]{43,44}', { entropy: 3 }],
    'posthog-feature-key': ['PostHog feature flags key', posthog, 'phs_[A-Za-z0-9_]{43,48}', { entropy: 3 }],
  }),
]
