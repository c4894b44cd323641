// GitHub: the tokens of people, apps and runners. Their last six characters are a checksum (`checksum.ts`).
import type { Rule } from '../rule.ts'
import { hex, near } from './near.ts'
import { joined } from './shape.ts'
import { tokens } from './token.ts'

const docs = 'https://docs.github.com/en/authentication/keeping-your-account-and-data-secure/about-authentication-to-github'

export const github: Rule[] = [
  ...tokens({
    'github-pat': ['GitHub personal access token (classic)', docs, 'ghp_[A-Za-z0-9]{36}', { entropy: 3 }],
    'github-fine-grained-pat': ['GitHub fine-grained personal access token', docs, 'github_pat_[A-Za-z0-9]{22}_[A-Za-z0-9]{59}',
      { entropy: 3 }],
    'github-oauth-token': ['GitHub OAuth access token', docs, 'gho_[A-Za-z0-9]{36}', { entropy: 3 }],
    'github-app-user-token': ['GitHub App user token', docs, 'ghu_[A-Za-z0-9]{36}', { entropy: 3 }],
    'github-app-token': ['GitHub App installation token', docs, 'ghs_[A-Za-z0-9]{36}', { entropy: 3 }],
    'github-refresh-token': ['GitHub refresh token', docs, 'ghr_[A-Za-z0-9]{36,76}', { entropy: 3 }],
    'github-runner-token': ['GitHub Actions runner registration token', 'https://docs.github.com/en/rest/actions/self-hosted-runners',
      'A[A-Z0-9]{27,29}', { keywords: ['--token', 'runner_token', 'config.sh'], entropy: 4,
        pattern: joined(
          /(?:config\.(?:sh|cmd)[^\n]{0,200}--token[ =]|RUNNER_TOKEN["']?\s{0,3}[=:]\s{0,3}["']?)/,
          /(?<secret>A[A-Z2-7]{27,29})(?![A-Za-z0-9])/,
        ),
        hits: [`./config.sh --url https://github.com/acme/app --token A${'B3CD7EF2GHIJ5KLMNOPQ'.repeat(3).slice(0, 28)}`],
          misses: ['--token ABCDEFG'] }],
  }),
  ...near({
    'github-token-old': ['GitHub token of the older, unprefixed form', docs, 'github token',
      hex(40), { hits: [`GITHUB_TOKEN=${'0a1b2c3d4e'.repeat(4)}`],
        pattern: joined(
          /(?<![A-Za-z])(?:github|gh)[-_ .]?(?:[a-z]{1,8}[-_ .]){0,2}(?:token|pat|key|oauth|secret)["'\]]{0,2}\s{0,3}/i,
          /(?:=>|[=:(,])\s{0,3}["']?(?<secret>[a-f0-9]{40})(?![A-Za-z0-9_-])/i,
        ),
        keywords: ['github', 'gh_t', 'gh-t'] }],
    'github-app-client-secret': ['GitHub App or OAuth client secret', 'https://docs.github.com/en/apps/creating-github-apps',
      'github client secret|github oauth secret|github secret|github app secret', hex(40)],
    'github-client-id': ['GitHub App or OAuth client id', 'https://docs.github.com/en/apps/creating-github-apps',
      'github client id|github app id|github', 'Iv(?:1[.][a-f0-9]{16}|23[a-zA-Z0-9]{16})', { confidence: 'low' }],
  }),
]
