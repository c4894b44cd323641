// CircleCI: personal and project tokens of both forms.
import type { Rule } from '../rule.ts'
import { hex, near } from './near.ts'
import { tokens } from './token.ts'

export const circleci: Rule[] = [
  ...tokens({
    'circleci-project-token': ['CircleCI project token', 'https://circleci.com/docs/managing-api-tokens/',
      'CCIPRJ_[A-Za-z0-9]{22}_[a-z0-9]{40}'],
  }),
  ...near({
    'circleci-token-old': ['CircleCI token of the older form', 'https://circleci.com/docs/managing-api-tokens/', 'circle|circleci',
      hex(40)],
  }),
]
