// Grafana: API keys, cloud tokens, service accounts.
import type { Rule } from '../rule.ts'
import { tokens } from './token.ts'

const grafana = 'https://grafana.com/docs/grafana-cloud/'

export const grafanaRules: Rule[] = [
  ...tokens({
    'grafana-api-key': ['Grafana API key', 'https://grafana.com/docs/grafana/latest/developers/http_api/auth/',
      'eyJrIjoi[A-Za-z0-9+/]{60,400}={0,3}', { entropy: 3 }],
    'grafana-cloud-token': ['Grafana Cloud access policy token', grafana, 'glc_[A-Za-z0-9+/]{32,400}={0,3}', { entropy: 3.5, window: 500 }],
    'grafana-service-account-token': ['Grafana service account token',
      'https://grafana.com/docs/grafana/latest/administration/service-accounts/', 'glsa_[A-Za-z0-9]{32}_[A-Fa-f0-9]{8}', { entropy: 3 }],
  }),
]
