// Atlassian: Jira, Confluence, Bitbucket, Trello, in the cloud and in a data centre.
import type { Rule } from '../rule.ts'
import { alnum, hex, near, uuid } from './near.ts'
import { joined } from './shape.ts'
import { tokens } from './token.ts'

const atlassian = 'https://support.atlassian.com/atlassian-account/docs/manage-api-tokens-for-your-atlassian-account/'
/** The first part of the decoded token is the number of the token, a colon, and random bytes. */
function isDataCenter(token: string): boolean {
  return /^\d{12}:/.test(Buffer.from(token.replace(/^BBDC-/, ''), 'base64').toString('latin1'))
}

export const atlassianRules: Rule[] = [
  ...tokens({
    'atlassian-api-token': ['Atlassian API token', atlassian, 'ATATT3[A-Za-z0-9_=-]{180,200}', { entropy: 3.5 }],
    'atlassian-service-token': ['Atlassian service account token', atlassian, 'ATSTT3[A-Za-z0-9_=-]{180,200}', { entropy: 3.5 }],
    'atlassian-admin-key': ['Atlassian organisation API key',
      'https://support.atlassian.com/organization-administration/docs/manage-an-organization-with-the-admin-apis/',
      'ATCTT3[A-Za-z0-9_=-]{180,200}', { entropy: 3.5 }],
    'bitbucket-app-password': ['Bitbucket app password', 'https://support.atlassian.com/bitbucket-cloud/docs/app-passwords/',
      'ATBB[A-Za-z0-9_=.-]{28,32}', { entropy: 3 }],
    'atlassian-oauth-secret': ['Atlassian OAuth client secret', 'https://developer.atlassian.com/cloud/jira/platform/oauth-2-3lo-apps/',
      'ATOA[A-Za-z0-9_=-]{60,80}', { entropy: 3.5 }],
    'jira-connect-secret': ['Atlassian Connect or Forge secret', 'https://developer.atlassian.com/', 'ATC[OF][A-Za-z0-9_=-]{60,80}',
      { keywords: ['atco', 'atcf'], entropy: 3.5 }],
    'atlassian-data-center-token': ['Jira, Confluence or Bitbucket Data Center token',
      'https://confluence.atlassian.com/enterprise/using-personal-access-tokens-1026032365.html', '[MNO][A-Za-z0-9+/]{43}', {
      keywords: ['jira', 'confluence', 'atlassian', 'bitbucket'], check: isDataCenter, window: 300,
      pattern: joined(
        /(?i:jira|confluence|atlassian|bitbucket)(?:.|\r?\n){0,80}?(?<![A-Za-z0-9+/_-])/,
        /(?<secret>[MNO][A-Za-z0-9+/]{43}|BBDC-[MNO][A-Za-z0-9+/@_-]{40,52})(?![A-Za-z0-9+/_=-])/,
      ),
      hits: [`jira_token = ${Buffer.from('123456789012:\u0000aBcDeFgHiJkLmNoPqRs').toString('base64').slice(0, 44)}`],
        misses: [`jira_token = ${'aB3dE6gHiJ9'.repeat(4)}`] }],
    'bitbucket-data-center-token': ['Bitbucket Data Center HTTP access token',
      'https://confluence.atlassian.com/bitbucketserver/http-access-tokens-939515499.html', 'BBDC-[A-Za-z0-9+/@_-]{40,52}',
      { entropy: 3.5 }],
    'trello-token': ['Trello token', 'https://developer.atlassian.com/cloud/trello/guides/rest-api/authorization/', 'ATTA[a-f0-9]{64}[A-Fa-f0-9]{8}'],
  }),
  ...near({
    'bitbucket-client-secret': ['Bitbucket OAuth secret',
      'https://support.atlassian.com/bitbucket-cloud/docs/use-oauth-on-bitbucket-cloud/', 'bitbucket', '[A-Za-z0-9_=-]{32,64}',
      { strict: true, entropy: 3.8 }],
    'opsgenie-key': ['Opsgenie key', 'https://docs.opsgenie.com/docs/api-overview', 'opsgenie', uuid],
    'statuspage-key': ['Statuspage key', 'https://developer.statuspage.io/', 'statuspage', `${uuid}|${hex(64)}`],
    'jira-token-old': ['Jira or Confluence API token of the older form', atlassian, 'atlassian|confluence|jira',
      `${alnum(24)}|ATATT3[A-Za-z0-9_=-]{60,200}`, { strict: true, entropy: 3.5 }],
    'trello-key': ['Trello API key or token', 'https://developer.atlassian.com/cloud/trello/', 'trello', `${alnum(32)}|${alnum(64)}`],
  }),
]
