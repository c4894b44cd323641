// IBM: cloud, classic infrastructure, object storage, Cloudant, Instana.
import type { Rule } from '../rule.ts'
import { hex, near, wide } from './near.ts'
import { joined } from './shape.ts'

export const ibm: Rule[] = [
  ...near({
    'instana-key': ['Instana key', 'https://www.ibm.com/docs/en/instana-observability', 'instana', wide(22), { strict: true,
      entropy: 3.5 }],
    'ibm-cloud-api-key': ['IBM Cloud API key', 'https://cloud.ibm.com/docs/account?topic=account-manapikey', 'ibm', wide(44), {
      keywords: ['ibm', 'bluemix', 'iam', 'api_key', 'apikey', 'api-key'], entropy: 3,
      pattern: joined(
        /(?:(?<![A-Za-z])(?i:ibm|bluemix|iam|cloud[-_]?iam)[\w -]{0,24}(?i:key|pwd|password|pass|token)|(?i:api[-_]?key))/,
        /["'\]]{0,2}\s{0,3}(?:[:=>]{1,3}|[,(])\s{0,3}["'\x60]?(?<secret>[A-Za-z0-9_-]{44})(?![A-Za-z0-9_-])/,
      ),
      hits: [`IBM_CLOUD_API_KEY=${'aB3dE6gHiJ9kLmN7pQrS-_'.repeat(2)}`, `"iam_apikey": "${'aB3dE6gHiJ9kLmN7pQrS-_'.repeat(2)}"`],
        misses: ['ibm_api_key = "short"'] }],
    'ibm-softlayer-key': ['IBM classic infrastructure (SoftLayer) key', 'https://sldn.softlayer.com/', 'softlayer', hex(64),
      { keywords: ['softlayer', 'sl_', 'sl-', 'sl user', 'sl pass', 'sl api'],
      hits: [`https://api.softlayer.com/soap/v3/${'0a1b2c3d'.repeat(8)}`],
      pattern: joined(
        /(?<![A-Za-z])/i,
        /(?:(?:softlayer|sl)[-_ ]?(?:username|user|password|pass|pwd|api[-_ ]?key|apikey|key)?["'\]]{0,2}\s{0,3}(?:=>|:=|[=:(])\s{0,3}["']?|softlayer\.com\/soap\/v3\/)/i,
        /(?<secret>[a-z0-9]{64})(?![A-Za-z0-9_-])/i,
      ) }],
    'ibm-cos-hmac': ['IBM Cloud Object Storage HMAC secret', 'https://cloud.ibm.com/docs/cloud-object-storage', 'cos|ibm cos|hmac',
      '[a-f0-9]{48}', { strict: true }],
    'cloudant-password': ['Cloudant password or key', 'https://cloud.ibm.com/docs/Cloudant', 'cloudant|clou', `${hex(64)}|[a-z]{24}`,
      { check: secret => secret.length > 0 }],
  }),
]
