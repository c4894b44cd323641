// Whether a pair of AWS keys is live: `sts:GetCallerIdentity`, which needs no permission
// (https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html); and its end.
import { sign } from '../aws-signature.ts'
import type { Call } from './guard.ts'

/** The signed request. */
export const callerIdentity = (id: string, secret: string, endpoint = 'https://sts.us-east-1.amazonaws.com', now = new Date()): Call =>
  signed(id, secret, 'sts', endpoint, 'Action=GetCallerIdentity&Version=2011-06-15', now)

/** A key switches itself off, where its user may: https://docs.aws.amazon.com/IAM/latest/APIReference/API_UpdateAccessKey.html. */
export const deactivation = (id: string, secret: string, endpoint = 'https://iam.amazonaws.com'): Call =>
  signed(id, secret, 'iam', endpoint, `Action=UpdateAccessKey&AccessKeyId=${encodeURIComponent(id)}&Status=Inactive&Version=2010-05-08`, new Date())

function signed(id: string, secret: string, service: string, endpoint: string, body: string, now: Date): Call {
  const url = new URL('/', endpoint)
  const headers = sign({ method: 'POST', url, headers: { 'content-type': 'application/x-www-form-urlencoded' }, body }, { id, secret }, { service, region: 'us-east-1', now })
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
