// Databricks: personal tokens and OAuth secrets.
import type { Rule } from '../rule.ts'
import { tokens } from './token.ts'

export const databricks: Rule[] = [
  ...tokens({
    'databricks-token': ['Databricks personal access token', 'https://docs.databricks.com/aws/en/dev-tools/auth/pat',
      'dapi[a-fA-F0-9]{32}(?:-[0-9])?', { entropy: 3 }],
    'databricks-oauth-secret': ['Databricks OAuth secret', 'https://docs.databricks.com/aws/en/dev-tools/auth/oauth-m2m',
      'dose[a-f0-9]{32}', { entropy: 3 }],
  }),
]
