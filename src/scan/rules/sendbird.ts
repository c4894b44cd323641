// Sendbird.
import type { Rule } from '../rule.ts'
import { hex, near, uuid } from './near.ts'

export const sendbird: Rule[] = [
  ...near({
    'sendbird-api-token': ['Sendbird API token', 'https://sendbird.com/docs/', 'sendbird', hex(40)],
    'sendbird-app-id': ['Sendbird application id', 'https://sendbird.com/docs/', 'sendbird', uuid],
    'sendbird-organization-key': ['Sendbird organisation API key', 'https://sendbird.com/docs/', 'sendbird', hex(24)],
  }),
]
