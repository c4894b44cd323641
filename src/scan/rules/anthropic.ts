// Anthropic: keys of the API, of administrators, of OAuth clients.
import type { Rule } from '../rule.ts'
import { tokens } from './token.ts'

export const anthropic: Rule[] = [
  ...tokens({
    'anthropic-api-key': ['Anthropic API key', 'https://docs.anthropic.com/en/api/overview', 'sk-ant-api[0-9]{2,3}-[A-Za-z0-9_-]{80,120}',
      { entropy: 3 }],
    'anthropic-admin-key': ['Anthropic admin key', 'https://docs.anthropic.com/en/api/administration-api',
      'sk-ant-admin[0-9]{2}-[A-Za-z0-9_-]{80,120}', { entropy: 3 }],
    'anthropic-oauth-token': ['Anthropic OAuth token', 'https://docs.anthropic.com/en/docs/claude-code',
      'sk-ant-(?:oat|ort|sid)[0-9]{2}-[A-Za-z0-9_-]{80,140}', { entropy: 3 }],
  }),
]
