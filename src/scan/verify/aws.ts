// Whether a pair of AWS keys is live: `sts:GetCallerIdentity`, which needs no permission
// (https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html).
import { sign } from '../aws-signature.ts'
import type { Call } from './guard.ts'

const body = 'Action=GetCallerIdentity&Version=2011-06-15'

/** The signed request. */
export function callerIdentity(id: string, secret: string, endpoint = 'https://sts.us-east-1.amazonaws.com', now = new Date()): Call {
  const url = new URL('/', endpoint)
  const headers = sign({ method: 'POST', url, headers: { 'content-type': 'application/x-www-form-urlencoded' }, body }, { id, secret }, { service: 'sts', region: 'us-east-1', now })
  return { method: 'POST', url: url.href, headers, body }
}

/** The account in a key id of the newer kind: 40 bits behind the four letters, of which the first is not counted. */
export function accountOf(id: string): string | null {
  if (!/^A(?:KIA|SIA)[A-Z2-7]{16}$/.test(id)) return null
  let bits = 0n
  for (const letter of id.slice(4, 14)) bits = (bits << 5n) | BigInt('ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(letter))
  const account = (bits >> 2n) & 0x7fffffffff80n
  return String((account >> 7n)).padStart(12, '0')
}
