// JFrog Artifactory: keys, encrypted passwords, reference tokens.
import type { Rule } from '../rule.ts'
import { tokens } from './token.ts'

export const jfrog: Rule[] = [
  ...tokens({
    'artifactory-api-key': ['Artifactory API key', 'https://jfrog.com/help/r/jfrog-platform-administration-documentation/access-tokens',
      'AKC[a-zA-Z0-9]{10,100}', { keywords: ['akc'], entropy: 0,
      pattern: /(?:^|[\s=:"'])(?<secret>AKC[a-zA-Z0-9]{10,100})(?:["'\s]|$)/m }],
    'artifactory-password': ['Artifactory encrypted password',
      'https://jfrog.com/help/r/jfrog-artifactory-documentation/centrally-secure-passwords', 'AP[A-F0-9][a-zA-Z0-9]{8,100}', {
      keywords: ['ap0', 'ap1', 'ap2', 'ap3', 'ap4', 'ap5', 'ap6', 'ap7', 'ap8', 'ap9', 'apa', 'apb', 'apc', 'apd', 'ape', 'apf'],
        check: secret => /\d/.test(secret.slice(2)) && !/^[A-Z0-9]+$/.test(secret),
      pattern: /(?:^|[\s=:"'])(?<secret>AP[0-9A-F][a-zA-Z0-9]{8,100})(?:["'\s]|$)/m, entropy: 0, confidence: 'medium',
        hits: [`password=AP3${'aB3dE6gH'.repeat(3)}`] }],
    'artifactory-reference-token': ['Artifactory reference token',
      'https://jfrog.com/help/r/jfrog-platform-administration-documentation/reference-token', 'cmVmd[A-Za-z0-9]{59}', { entropy: 3 }],
        'circleci-token': ['CircleCI personal access token', 'https://circleci.com/docs/managing-api-tokens/',
          'CCIPAT_[A-Za-z0-9]{20,26}_[a-z0-9]{40}'],
  }),
]
