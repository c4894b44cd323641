// GitLab: every prefix in its table of tokens; routable ones carry a CRC-32 (`checksum.ts`).
import type { Rule } from '../rule.ts'
import { near, wide } from './near.ts'
import { tokens } from './token.ts'

const docs = 'https://docs.gitlab.com/security/tokens/#token-prefixes'
const classic = '[A-Za-z0-9_-]{20}'
const routable = '[A-Za-z0-9_-]{27,300}[.][0-9a-z]{2}[0-9a-z]{7}'

export const gitlab: Rule[] = [
  ...tokens({
    'gitlab-pat': ['GitLab personal, project or group access token', docs, `glpat-${wide('18,26')}`, { entropy: 3 }],
    'gitlab-pat-routable': ['GitLab routable access token', docs, `glpat-${routable}`, { entropy: 3.5 }],
    'gitlab-pat-versioned': ['GitLab routable access token with a version', docs,
      'glpat-[A-Za-z0-9_-]{27,300}[.][0-9a-z]{2}[.][0-9a-z]{2}[0-9a-z]{7}', { entropy: 3.5 }],
    'gitlab-oauth-app-secret': ['GitLab OAuth application secret', docs, 'gloas-[A-Za-z0-9_-]{64}', { entropy: 3 }],
    'gitlab-deploy-token': ['GitLab deploy token', docs, `gldt-${wide('20,50')}`, { entropy: 3 }],
    'gitlab-runner-token': ['GitLab runner authentication token', docs, `glrt-(?:t[1-3]_)?${wide('20,50')}`, { entropy: 3 }],
    'gitlab-runner-token-routable': ['GitLab routable runner authentication token', docs, `glrt-t[0-9]_${routable}`, { entropy: 3.5 }],
    'gitlab-runner-registration-token': ['GitLab runner registration token (of the older form)', docs, `GR1348941${wide('20,50')}`,
      { entropy: 3 }],
    'gitlab-runner-creation-token': ['GitLab runner token made at registration', docs, `glrtr-${wide('20,100')}`, { entropy: 3 }],
    'gitlab-ci-job-token': ['GitLab CI/CD job token', docs, 'glcbt-(?:[0-9a-zA-Z]{1,5}_)?[A-Za-z0-9_-]{20}', { entropy: 3 }],
    'gitlab-trigger-token': ['GitLab pipeline trigger token', docs, 'glptt-[A-Za-z0-9_-]{40}', { entropy: 3 }],
    'gitlab-feed-token': ['GitLab feed token', docs, `glft-${wide('20,100')}`, { entropy: 3 }],
    'gitlab-incoming-mail-token': ['GitLab incoming mail token', docs, 'glimt-[A-Za-z0-9_-]{25}', { entropy: 3 }],
    'gitlab-agent-token': ['GitLab agent for Kubernetes token', docs, `glagent-${wide('50,1024')}`, { entropy: 3, window: 1100 }],
    'gitlab-workspace-token': ['GitLab workspace token', docs, `glwt-${wide('20,50')}`, { entropy: 3 }],
    'gitlab-scim-token': ['GitLab SCIM token', docs, `glsoat-${wide('20,50')}`, { entropy: 3 }],
    'gitlab-feature-flag-token': ['GitLab feature flags client token', docs, `glffct-${classic}`, { entropy: 3 }],
    'gitlab-session-cookie': ['GitLab session cookie', docs, '_gitlab_session=[0-9a-z]{32}',
      { pattern: /_gitlab_session=(?<secret>[0-9a-z]{32})(?![0-9a-z])/ }],
  }),
  ...near({
    'gitlab-token-old': ['GitLab token of the older, unprefixed form', docs, 'gitlab', wide(20), { strict: true, entropy: 3.6 }],
    'gitlab-oauth-client-secret': ['GitLab OAuth application id or secret', docs, 'gitlab', '[a-f0-9]{64}', { strict: true }],
  }),
]
