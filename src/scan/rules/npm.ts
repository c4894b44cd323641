// npm: tokens of both forms, passwords of registries.
import type { Rule } from '../rule.ts'
import { near, uuid } from './near.ts'
import { joined } from './shape.ts'
import { tokens } from './token.ts'

export const npm: Rule[] = [
  ...tokens({
    'npm-token': ['npm access token', 'https://docs.npmjs.com/about-access-tokens', 'npm_[A-Za-z0-9]{36}', { entropy: 3 }],
  }),
  ...near({
    'npm-token-old': ['npm token of the older form', 'https://docs.npmjs.com/about-access-tokens', 'npm|npmrc|authtoken', uuid,
      { strict: true, keywords: ['npm', '_authtoken'],
      pattern: joined(
        /(?:_authToken\s{0,3}=\s{0,3}["']?|(?i:npm)[_-]?(?:\w{1,10}[_-])?(?i:token)["']?\s{0,3}[=:]\s{0,3}["']?)/,
        /(?<secret>[a-f0-9]{8}-(?:[a-f0-9]{4}-){3}[a-f0-9]{12})(?![A-Za-z0-9-])/,
      ),
      hits: ['//registry.npmjs.org/:_authToken=01234567-89ab-4cde-8f01-23456789abcd'] }],
    'npmrc-password': ['npm registry password', 'https://docs.npmjs.com/cli/configuring-npm/npmrc', '_auth|_password',
      '[A-Za-z0-9+/]{8,200}={0,2}', { keywords: ['_auth', '_password'],
      pattern: /(?:^|[:/\s])_(?:auth|password)\s{0,3}=\s{0,3}["']?(?<secret>[A-Za-z0-9+/]{8,200}={0,2})(?=["'\s]|$)/m,
      hits: [`_auth=${Buffer.from('jo:4ny-p4ss').toString('base64')}`,
      `//npm.acme.test/:_password=${Buffer.from('4ny-p4ss').toString('base64')}`], entropy: 2.8 }],
  }),
]
