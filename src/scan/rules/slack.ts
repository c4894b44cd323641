// Slack: the families of `xox` tokens and the addresses that post without one.
import type { Rule } from '../rule.ts'
import { hex, near } from './near.ts'
import { tokens } from './token.ts'

const docs = 'https://api.slack.com/concepts/token-types'

export const slack: Rule[] = [
  ...tokens({
    'slack-bot-token': ['Slack bot token', docs, 'xoxb-[0-9]{10,13}-[0-9]{10,13}-[A-Za-z0-9]{20,64}'],
    'slack-bot-token-old': ['Slack bot token of the older form', docs, 'xoxb-[0-9]{8,14}-[A-Za-z0-9]{18,26}'],
    'slack-user-token': ['Slack user token', docs, 'xox[pe](?:-[0-9]{10,13}){3}-[A-Za-z0-9]{28,34}', { keywords: ['xoxp-', 'xoxe-'] }],
    'slack-app-token': ['Slack app-level token', docs, 'xapp-[0-9]-[A-Z0-9]{8,14}-[0-9]{8,14}-[a-z0-9]{32,80}'],
    'slack-config-token': ['Slack configuration access token', docs, 'xoxe[.]xox[bp]-[0-9]-[A-Za-z0-9]{140,180}'],
    'slack-config-refresh-token': ['Slack configuration refresh token', docs, 'xoxe-[0-9]-[A-Za-z0-9]{140,160}'],
    'slack-legacy-token': ['Slack legacy token', docs, 'xox[os]-[0-9]{1,14}-[0-9]{1,14}-[0-9]{1,14}-[A-Fa-f0-9]{8,64}',
      { keywords: ['xoxo-', 'xoxs-'] }],
    'slack-workspace-token': ['Slack workspace token', docs, 'xox[ar]-(?:[0-9]-)?[0-9A-Za-z]{8,48}(?:-[0-9A-Za-z]{8,64}){0,4}',
      { keywords: ['xoxa-', 'xoxr-'], entropy: 3 }],
    'slack-session-token': ['Slack session token', docs, 'xox[cd]-[A-Za-z0-9%/+-]{50,300}', { keywords: ['xoxc-', 'xoxd-'], entropy: 3 }],
    'slack-webhook': ['Slack incoming webhook', 'https://api.slack.com/messaging/webhooks',
      'https://hooks[.]slack(?:-gov)?[.]com/(?:services|workflows|triggers)/T?[A-Za-z0-9]{6,14}/[A-Za-z0-9]{4,24}/[A-Za-z0-9/]{20,60}',
      { keywords: ['hooks.slack'], misses: ['https://hooks.slack.com/services/T0/B0/X'] }],
  }),
  ...near({
    'slack-signing-secret': ['Slack signing secret', 'https://api.slack.com/authentication/verifying-requests-from-slack', 'slack',
      hex(32), { strict: true }],
  }),
]
