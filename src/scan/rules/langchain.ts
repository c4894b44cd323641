// LangSmith and Langfuse: what traces language models.
import type { Rule } from '../rule.ts'
import { uuid } from './near.ts'
import { tokens } from './token.ts'

export const langchain: Rule[] = [
  ...tokens({
    'langsmith-api-key': ['LangSmith API key', 'https://docs.smith.langchain.com/', 'lsv2_(?:pt|sk)_[a-f0-9]{32}_[a-f0-9]{10}'],
    'langsmith-api-key-old': ['LangSmith API key of the older form', 'https://docs.smith.langchain.com/', 'ls__[a-f0-9]{32}'],
    'langfuse-secret-key': ['Langfuse secret key', 'https://langfuse.com/docs', `sk-lf-${uuid}`],
    'langfuse-public-key': ['Langfuse public key', 'https://langfuse.com/docs', `pk-lf-${uuid}`, { confidence: 'low' }],
  }),
]
