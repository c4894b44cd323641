// Doppler: the token of each kind.
import type { Rule } from '../rule.ts'
import { tokens } from './token.ts'

const dopplerToken = (kind: string) => `dp[.]${kind}[.](?:[a-z0-9_-]{2,35}[.])?[A-Za-z0-9]{40,44}`
const doppler = 'https://docs.doppler.com/reference/auth-token-formats'

export const dopplerRules: Rule[] = [
  ...tokens({
    'doppler-personal-token': ['Doppler personal token', doppler, dopplerToken('pt')],
    'doppler-cli-token': ['Doppler CLI token', doppler, dopplerToken('ct')],
    'doppler-service-token': ['Doppler service token', doppler, dopplerToken('st')],
    'doppler-scim-token': ['Doppler SCIM token', doppler, dopplerToken('scim')],
    'doppler-audit-token': ['Doppler audit token', doppler, dopplerToken('audit')],
    'doppler-service-account-token': ['Doppler service account token', doppler,
      `dp[.]sa(?:i[.])?[.]?(?:[a-z0-9_-]{2,35}[.])?[A-Za-z0-9]{40,44}`],
  }),
]
