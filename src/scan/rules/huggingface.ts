// Hugging Face: tokens of people and organisations.
import type { Rule } from '../rule.ts'
import { tokens } from './token.ts'

export const huggingface: Rule[] = [
  ...tokens({
    'huggingface-token': ['Hugging Face user access token', 'https://huggingface.co/docs/hub/security-tokens', 'hf_[A-Za-z0-9]{34,38}',
      { entropy: 3 }],
    'huggingface-organization-token': ['Hugging Face organisation token', 'https://huggingface.co/docs/hub/security-tokens',
      'api_org_[A-Za-z0-9]{34}', { entropy: 3 }],
  }),
]
