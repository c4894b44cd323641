// Lark and Feishu: apps, tokens, webhooks.
import type { Rule } from '../rule.ts'
import { alnum, near } from './near.ts'
import { tokens } from './token.ts'

export const lark: Rule[] = [
  ...tokens({
    'lark-webhook': ['Feishu or Lark bot webhook', 'https://open.feishu.cn/document/client-docs/bot-v3/add-custom-bot',
      'https://open[.](?:feishu[.]cn|larksuite[.]com)/open-apis/bot/v2/hook/[a-f0-9-]{36}', { keywords: ['/bot/v2/hook/'],
        misses: ['https://open.feishu.cn/open-apis/bot/v2/hook/x'] }],
    'larksuite-access-token': ['Lark or Feishu access token', 'https://open.larksuite.com/document/',
      '[tua]-[A-Za-z0-9]{7}[A-Za-z0-9_.-]{19,40}', {
      keywords: ['lark', 'feishu'],
        pattern: /(?i:lark(?:suite)?|feishu)(?:.|\r?\n){0,40}?(?<![A-Za-z0-9_-])(?<secret>[tua]-[A-Za-z0-9_.-]{14,50})(?![A-Za-z0-9_-])/,
        entropy: 3.3,
      hits: [`LARKSUITE_TOKEN=t-${'a1B2c3D4e5F6g7H8'.repeat(2)}`], misses: ['larksuite = "t-shirt"'] }],
  }),
  ...near({
    'larksuite-app-secret': ['Lark or Feishu app secret', 'https://open.larksuite.com/document/', 'larksuite|feishu|lark', alnum(32),
      { strict: true }],
    'larksuite-app-id': ['Lark or Feishu app id', 'https://open.larksuite.com/document/', 'larksuite|feishu|lark', 'cli_[a-z0-9]{16}',
      { confidence: 'low' }],
  }),
]
