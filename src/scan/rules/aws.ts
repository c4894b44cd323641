// Amazon: keys of AWS accounts and of the services round them.
import type { Rule } from '../rule.ts'
import { near } from './near.ts'
import { looksRandom } from './shape.ts'
import { tokens } from './token.ts'

const iam = 'https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html'
const base64 = (length: string) => `[A-Za-z0-9/+=]{${length}}`

/** An id that AWS made holds the account number in its first ten bytes of base32; documentation ends its own in EXAMPLE. */
const isKeyId = (id: string) => !id.endsWith('EXAMPLE') && !/(.)\1{5}/.test(id)
const isNoExample = (token: string) => !token.includes('EXAMPLE')
const isSecretKey = (key: string) =>
  /[a-z]/.test(key) && /[A-Z]/.test(key) && /\d/.test(key) && !key.includes('EXAMPLE') && !/^[a-f0-9]+$/i.test(key) && looksRandom(key)

export const aws: Rule[] = [
  ...tokens({
    'aws-access-key-id': ['AWS access key id', iam, '(?:AKIA|ASIA|ABIA|ACCA|A3T[A-Z0-9])[A-Z0-9]{16}',
      { keywords: ['akia', 'asia', 'abia', 'acca', 'a3t'], check: isKeyId, entropy: 2.5 }],
    'aws-bedrock-api-key': ['Amazon Bedrock API key (long-term)', 'https://docs.aws.amazon.com/bedrock/latest/userguide/api-keys.html',
      'ABSK[A-Za-z0-9+/]{109,269}={0,2}', { entropy: 3 }],
    'aws-bedrock-api-key-short': ['Amazon Bedrock API key (short-term)',
      'https://docs.aws.amazon.com/bedrock/latest/userguide/api-keys.html',
        'bedrock-api-key-YmVkcm9jay5hbWF6b25hd3MuY29t[A-Za-z0-9+/=]{0,2000}', { misses: ['bedrock-api-key-YmVkcm9j'], window: 2200 }],
    'aws-mws-auth-token': ['Amazon MWS auth token', 'https://docs.developer.amazonservices.com/en_US/dev_guide/DG_IfNew.html',
      'amzn[.]mws[.][a-f0-9]{8}-[a-f0-9]{4}-[a-f0-9]{4}-[a-f0-9]{4}-[a-f0-9]{12}'],
    'aws-appsync-api-key': ['AWS AppSync API key', 'https://docs.aws.amazon.com/appsync/latest/devguide/security-authz.html',
      'da2-[a-z0-9]{26}'],
    'amazon-oauth-client-id': ['Login with Amazon client id', 'https://developer.amazon.com/docs/login-with-amazon/security-profile.html',
      'amzn1[.]application-oa2-client[.][a-f0-9]{32}'],
    'amazon-oauth-client-secret': ['Login with Amazon client secret',
      'https://developer.amazon.com/docs/login-with-amazon/security-profile.html', 'amzn1[.]oa2-cs[.]v1[.][a-f0-9]{64}'],
    'aws-session-token': ['AWS session token', 'https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_temp.html',
      '(?:FwoGZXIvYXdz|FQoGZXIvYXdz|FQoDYXdz|AQoDYXdz|IQoJb3JpZ2lu)[A-Za-z0-9/+=]{80,2000}',
      { keywords: ['fwogzxivyxdz', 'fqogzxivyxdz', 'fqodyxdz', 'aqodyxdz', 'iqojb3jpz2lu'], window: 2200, check: isNoExample }],
  }),
  ...near({
    'aws-secret-access-key': ['AWS secret access key', iam,
      'aws|amazon|secret access key|secret key|access key secret|akia|asia', base64('40'), { entropy: 3.8, check: isSecretKey,
        confidence: 'high' }],
    'aws-session-token-in-session': ['AWS session token', 'https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_temp.html',
      'session', '[A-Za-z0-9/+=]{200,2000}', { strict: true, window: 2200, entropy: 4.5, check: isNoExample,
        pattern: /(?i:session(?:[-_ ]?token)?)["']?\s{0,3}[=:]\s{0,3}["'\x60]?(?<secret>[A-Za-z0-9/+=]{200,2000})(?![A-Za-z0-9/+=_-])/,
        companions: [{ pattern: /(?:AKIA|ASIA)[A-Z0-9]{16}/, within: 8, required: true }],
          hits: [`id: AKIA${'B3CD7EF2GHIJ5KLM'}\nsession: ${'aB3dE6gHiJ9kLmN7pQrStU4wXyZ5'.repeat(8)}`] }],
    'aws-session-token-named': ['AWS session token', 'https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_temp.html',
      'aws session token|aws security token|x amz security token', '[A-Za-z0-9/+=._-]{100,2000}', { window: 2200, entropy: 4 }],
    'aws-ses-smtp-password': ['Amazon SES SMTP password', 'https://docs.aws.amazon.com/ses/latest/dg/smtp-credentials.html',
      'smtp|email host password|ses', `B${base64('43')}`, { check: isSecretKey, entropy: 3.8, strict: true }],
    'aws-cognito-client-secret': ['Amazon Cognito app client secret',
      'https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-settings-client-apps.html', 'cognito', '[a-z0-9]{48,56}',
        { entropy: 3.5, strict: true }],
  }),
]
