// Discord: bots, accounts, apps, webhooks.
import type { Rule } from '../rule.ts'
import { hex, near, wide } from './near.ts'
import { tokens } from './token.ts'

/** The first part of a bot token is the bot's snowflake in base64; who alters a token to show it changes but a few signs. */
const isDiscordToken = (token: string) => Buffer.from(token.split('.')[0]!, 'base64').toString('latin1').replace(/\D/g, '').length >= 12

/**
 * What a snowflake of seventeen digits or more begins with in base64: the first digit decides two letters, the second a third.
 * Those that English is full of are left out; beside the word `discord` such a token is found all the same.
 */
const snowflakes = ['MT', 'Mj', 'Mz', 'ND', 'NT', 'Nj', 'Nz', 'OD', 'OT']
  .flatMap(first => [...'AEIMQUYcgk'].map(second => (first + second).toLowerCase()))
  .filter(word => !/^(?:nd|nt|od|ot)[aeiyc]$/.test(word))

const discord = 'https://discord.com/developers/docs/reference#authentication'

export const discordRules: Rule[] = [
  ...tokens({
    'discord-bot-token': ['Discord bot token', discord, '[MNO][A-Za-z0-9_-]{22,25}[.][A-Za-z0-9_-]{6}[.][A-Za-z0-9_-]{27,40}', {
      keywords: ['discord', ...snowflakes], before: 4, window: 88, entropy: 3.5, check: isDiscordToken,
        misses: ['discord_token = "MTA.short.x"', `discord_token = "MTsI_gNWt_dhEJLbvFY8aD1n.${'qoK_Ge'}.CQbt20DwEzXxs3_QCXRbTWkzGhoEPC90"`],
        hits: [`discord_token = "${Buffer.from('123456789012345678').toString('base64')}.${'qoK_Ge'}.CQbt20DwEzXxs3_QCXRbTWkzGhoEPC90"`] }],
    'discord-mfa-token': ['Discord account token', discord, 'mfa[.][A-Za-z0-9_-]{80,95}', { entropy: 3.5 }],
    'discord-webhook': ['Discord webhook URL', 'https://discord.com/developers/docs/resources/webhook',
      'https://(?:(?:canary|ptb)[.])?discord(?:app)?[.]com/api/(?:v[0-9]{1,2}/)?webhooks/[0-9]{17,20}/[A-Za-z0-9_-]{60,70}',
      { keywords: ['/webhooks/'], misses: ['https://discord.com/api/webhooks/123/abc'] }],
  }),
  ...near({
    'discord-client-secret': ['Discord client secret', discord, 'discord', wide(32), { strict: true, entropy: 3.5 }],
    'discord-client-id': ['Discord public key', discord, 'discord', hex(64)],
    'discord-token-named': ['Discord bot token', discord, 'discord', '[A-Za-z0-9_-]{23,26}[.][A-Za-z0-9_-]{6}[.][A-Za-z0-9_-]{27,40}',
      { entropy: 3.5 }],
  }),
]
