// Docker: Hub and Swarm.
import type { Rule } from '../rule.ts'
import { near, uuid } from './near.ts'
import { tokens } from './token.ts'

export const docker: Rule[] = [
  ...tokens({
    'docker-swarm-token': ['Docker Swarm join token', 'https://docs.docker.com/engine/swarm/join-nodes/',
      'SWMTKN-1-[a-z0-9]{50}-[a-z0-9]{25}'],
    'docker-swarm-unlock-key': ['Docker Swarm unlock key', 'https://docs.docker.com/engine/swarm/swarm_manager_locking/',
      'SWMKEY-1-[A-Za-z0-9+/]{43}'],
    'dockerhub-pat': ['Docker Hub personal access token', 'https://docs.docker.com/security/access-tokens/', 'dckr_pat_[A-Za-z0-9_-]{27}',
      { entropy: 3 }],
    'dockerhub-oat': ['Docker Hub organisation access token', 'https://docs.docker.com/security/for-admins/access-tokens/',
      'dckr_oat_[A-Za-z0-9_-]{32}', { entropy: 3 }],
  }),
  ...near({
    'dockerhub-token-old': ['Docker Hub token of the older form', 'https://docs.docker.com/security/access-tokens/', 'docker|dockerhub',
      uuid, { strict: true }],
  }),
]
