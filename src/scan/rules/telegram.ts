// Telegram: bots and apps.
import type { Rule } from '../rule.ts'
import { hex, near } from './near.ts'
import { tokens } from './token.ts'

export const telegram: Rule[] = [
  ...tokens({
    'telegram-bot-token': ['Telegram bot token', 'https://core.telegram.org/bots/api#authorizing-your-bot',
      '[0-9]{8,10}:AA[A-Za-z0-9_-]{33}',
      { keywords: [':aa'], pattern: /(?:(?<![A-Za-z0-9_-])|(?<=bot))(?<secret>[0-9]{8,10}:AA[A-Za-z0-9_-]{33})(?![A-Za-z0-9_-])/,
        misses: ['123:AAshort'] }],
  }),
  ...near({
    'telegram-api-hash': ['Telegram API hash', 'https://core.telegram.org/api/obtaining_api_id', 'api hash|telegram', hex(32),
      { strict: true }],
    'telegram-token-named': ['Telegram bot token', 'https://core.telegram.org/bots/api#authorizing-your-bot', 'telegram|tgram',
      '[0-9]{8,10}:[A-Za-z0-9_-]{35}', { check: () => true, entropy: 3.5 }],
  }),
]
