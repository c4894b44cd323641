// OpenAI: keys of projects, service accounts, administrators and sessions.
import type { Rule } from '../rule.ts'
import { near } from './near.ts'
import { tokens } from './token.ts'

export const openai: Rule[] = [
  ...tokens({
    'openai-api-key': ['OpenAI API key', 'https://platform.openai.com/docs/api-reference/authentication',
      'sk-(?:(?:proj|svcacct|None|service)-)?[A-Za-z0-9_-]{20,100}T3BlbkFJ[A-Za-z0-9_-]{20,100}', { keywords: ['t3blbkfj'],
        misses: ['sk-proj-T3BlbkFJ'] }],
    'openai-admin-key': ['OpenAI admin key', 'https://platform.openai.com/docs/api-reference/admin-api-keys',
      'sk-admin-[A-Za-z0-9_-]{20,100}T3BlbkFJ[A-Za-z0-9_-]{20,100}'],
    'openai-project-key': ['OpenAI project or service account key', 'https://platform.openai.com/docs/api-reference/authentication',
      'sk-(?:proj|svcacct)-[A-Za-z0-9_-]{40,180}', { keywords: ['sk-proj-', 'sk-svcacct-'], entropy: 3.5 }],
    'openai-session-token': ['OpenAI session token', 'https://platform.openai.com/docs', 'sess-[A-Za-z0-9]{40}', { entropy: 3.5 }],
  }),
  ...near({
    'openai-api-key-old': ['OpenAI API key of the older form', 'https://platform.openai.com/docs', 'openai', 'sk-[A-Za-z0-9]{32,64}',
      { entropy: 3.5 }],
  }),
]
