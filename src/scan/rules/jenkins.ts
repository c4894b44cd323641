// Jenkins.
import type { Rule } from '../rule.ts'
import { hex, near } from './near.ts'
import { tokens } from './token.ts'

export const jenkins: Rule[] = [
  ...tokens({
    'jenkins-token': ['Jenkins API token', 'https://www.jenkins.io/doc/book/system-administration/authenticating-scripted-clients/',
      '11[a-f0-9]{32}', { keywords: ['jenkins', 'crumb', 'token'],
      pattern: /(?:(?i:jenkins|crumb)(?:.|\r?\n){0,60}?|[A-Za-z0-9._-]{2,40}:)(?<![A-Za-z0-9])(?<secret>11[a-f0-9]{32})(?![A-Za-z0-9])/,
      entropy: 3 }],
  }),
  ...near({
    'jenkins-token-named': ['Jenkins API token', 'https://www.jenkins.io/doc/', 'jenkins', hex('32,36')],
  }),
]
