// Datadog.
import type { Rule } from '../rule.ts'
import { lower, near } from './near.ts'

export const datadog: Rule[] = [
  ...near({
    'datadog-key': ['Datadog API or application key', 'https://docs.datadoghq.com/account_management/api-app-keys/',
      'datadog|dd api key|dd app key|dd application key|ddog', `${lower(40)}|${lower(32)}`],
  }),
]
