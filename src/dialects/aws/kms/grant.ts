// What a grant says, and whether it covers a request. https://docs.aws.amazon.com/kms/latest/developerguide/grants.html
import { isDeepStrictEqual } from 'node:util'
import type { Signer } from '../authenticate.ts'
import { AwsFault } from '../errors.ts'
import { isNamed } from '../iam/decide.ts'
import { list, string } from '../shape.ts'

export interface Constraints {
  EncryptionContextSubset?: Record<string, string> | undefined
  EncryptionContextEquals?: Record<string, string> | undefined
  /** On whose behalf a service of AWS asks: no service does here, so that such a grant covers nothing. */
  SourceArn?: string | undefined
}

export interface GrantTerms {
  GranteePrincipal: string
  RetiringPrincipal?: string
  Operations: string[]
  Constraints?: Constraints
  Name?: string
  IssuingAccount: string
}

/** As the transit engine keeps it; `created` in milliseconds since 1970. */
export interface StoredGrant {
  id: string
  key: string
  created: number
  terms: GrantTerms
}

export const grantOperations = [
  'Decrypt', 'Encrypt', 'GenerateDataKey', 'GenerateDataKeyWithoutPlaintext', 'ReEncryptFrom', 'ReEncryptTo', 'Sign', 'Verify', 'GetPublicKey', 'CreateGrant', 'RetireGrant',
  'DescribeKey', 'GenerateDataKeyPair', 'GenerateDataKeyPairWithoutPlaintext', 'GenerateMac', 'VerifyMac', 'DeriveSharedSecret', 'Encapsulate', 'Decapsulate',
]

function meets({ EncryptionContextEquals: equal, EncryptionContextSubset: subset }: Constraints, context: Record<string, string>): boolean {
  const holds = (wanted: Record<string, string>): boolean => Object.entries(wanted).every(([key, value]) => Object.hasOwn(context, key) && context[key] === value)
  if (equal && !(holds(equal) && Object.keys(context).length === Object.keys(equal).length)) return false
  return !subset || holds(subset)
}

/** Operations without an encryption context are not constrained by one. */
const constrained = new Set(['Decrypt', 'Encrypt', 'GenerateDataKey', 'GenerateDataKeyWithoutPlaintext', 'ReEncryptFrom', 'ReEncryptTo', 'GenerateDataKeyPair', 'GenerateDataKeyPairWithoutPlaintext'])

/** What a request needs a grant for. */
export interface Use {
  action: string
  context?: Record<string, string> | undefined
  /** The grant that is given up. */
  retired?: string | undefined
  /** The grant that is handed on. */
  offered?: GrantTerms | undefined
}

export function covers({ id, terms }: StoredGrant, signer: Signer, { action, context = {}, retired, offered }: Use): boolean {
  if (action === 'RetireGrant') {
    if (id !== retired) return false
    if (terms.RetiringPrincipal !== undefined && isNamed(terms.RetiringPrincipal, signer)) return true
  }
  if (!isNamed(terms.GranteePrincipal, signer) || !terms.Operations.includes(action) || terms.Constraints?.SourceArn !== undefined) return false
  if (action === 'CreateGrant') return offered !== undefined && within(offered, terms)
  return !terms.Constraints || !constrained.has(action) || meets(terms.Constraints, context)
}

/** Who hands on what was granted hands on no more of it. */
const within = (offered: GrantTerms, held: GrantTerms): boolean =>
  offered.Operations.every((one) => held.Operations.includes(one)) && (!held.Constraints || isDeepStrictEqual(offered.Constraints, held.Constraints))

/** Grant tokens name their grant; grants hold at once here, so that a token adds nothing to a request. */
export const tokenOf = (account: string, key: string, id: string): string => Buffer.from(JSON.stringify(['grant', account, key, id])).toString('base64')

export function readToken(token: string): { account: string; key: string; id: string } {
  try {
    const [kind, account, key, id] = JSON.parse(Buffer.from(token, 'base64').toString()) as string[]
    if (kind === 'grant' && [account, key, id].every((part) => typeof part === 'string')) return { account: account!, key: key!, id: id! }
  } catch {
    // Not one of ours, as below.
  }
  throw new AwsFault('InvalidGrantTokenException', 'Invalid grant token.')
}

export const grantTokens = list(string({ min: 1, max: 8192 }), { max: 10 })

/** Refuses tokens that no grant ever had. */
export function checkTokens(tokens: readonly string[] | undefined): void {
  for (const token of tokens ?? []) readToken(token)
}
