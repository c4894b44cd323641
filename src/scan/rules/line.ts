// LINE: channels and notifications.
import type { Rule } from '../rule.ts'
import { hex, near, wide } from './near.ts'

export const lineRules: Rule[] = [
  ...near({
    'line-channel-token': ['LINE channel access token', 'https://developers.line.biz/en/docs/messaging-api/', 'line',
      '[A-Za-z0-9+/]{171,172}={0,2}|[A-Za-z0-9+/]{150,171}=', { keywords: ['line'] }],
    'line-channel-secret': ['LINE channel secret', 'https://developers.line.biz/en/docs/', 'line channel secret|channel secret', hex(32)],
    'line-notify-token': ['LINE Notify token', 'https://notify-bot.line.me/doc/en/', 'linenotify|line notify', wide(43)],
  }),
]
