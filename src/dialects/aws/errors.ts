// Every error that an AWS client may see: its name, its status, and where a Fault of the core belongs.
import { Fault, type FaultCode } from '../../kit/errors.ts'

/** An error in AWS's own words. `type` is the exception's name in the JSON protocols. */
export class AwsFault extends Fault {
  readonly type: string

  constructor(type: string, message: string, status = statuses[type] ?? 400) {
    super('invalid', message, { status })
    this.type = type
  }
}

/** Statuses other than 400, by name in the JSON protocols. */
const statuses: Record<string, number> = {
  InternalServiceError: 500,
  InternalFailure: 500,
  ServiceUnavailableException: 503,
  KMSInternalException: 500,
  InternalServerError: 500,
  RequestEntityTooLargeException: 413,
}

/** Names and statuses that the query protocol has for the same errors; others lose their `Exception` there, or keep it. */
const queryNames: Record<string, { code: string; status: number }> = {
  MissingAuthenticationTokenException: { code: 'MissingAuthenticationToken', status: 403 },
  IncompleteSignatureException: { code: 'IncompleteSignature', status: 400 },
  InvalidSignatureException: { code: 'SignatureDoesNotMatch', status: 403 },
  UnrecognizedClientException: { code: 'InvalidClientTokenId', status: 403 },
  ExpiredTokenException: { code: 'ExpiredToken', status: 403 },
  ExpiredWebIdentityToken: { code: 'ExpiredTokenException', status: 400 },
  AccessDeniedException: { code: 'AccessDenied', status: 403 },
  UnknownOperationException: { code: 'InvalidAction', status: 400 },
  ValidationException: { code: 'ValidationError', status: 400 },
  ThrottlingException: { code: 'Throttling', status: 400 },
  ServiceUnavailableException: { code: 'ServiceUnavailable', status: 503 },
  InternalFailure: { code: 'InternalFailure', status: 500 },
  PackedPolicyTooLargeException: { code: 'PackedPolicyTooLarge', status: 400 },
  MalformedPolicyDocumentException: { code: 'MalformedPolicyDocument', status: 400 },
  InvalidIdentityTokenException: { code: 'InvalidIdentityToken', status: 400 },
  IDPRejectedClaimException: { code: 'IDPRejectedClaim', status: 403 },
  IDPCommunicationErrorException: { code: 'IDPCommunicationError', status: 400 },
}

export const queryNameOf = (fault: AwsFault): { code: string; status: number } => queryNames[fault.type] ?? { code: fault.type, status: fault.status }

/** Names that every service shares; a service's own table goes first. */
const common: Record<FaultCode, string> = {
  invalid: 'ValidationException',
  unauthenticated: 'UnrecognizedClientException',
  denied: 'AccessDeniedException',
  'not-found': 'ResourceNotFoundException',
  'no-route': 'ResourceNotFoundException',
  unsupported: 'UnsupportedOperationException',
  exists: 'ResourceExistsException',
  conflict: 'ConcurrentModificationException',
  precondition: 'InvalidRequestException',
  'too-large': 'LimitExceededException',
  'rate-limited': 'ThrottlingException',
  internal: 'InternalFailure',
  upstream: 'ServiceUnavailableException',
  sealed: 'ServiceUnavailableException',
  'not-initialized': 'ServiceUnavailableException',
  unavailable: 'ServiceUnavailableException',
}

export type FaultNames = Partial<Record<FaultCode, string>>

/** Any error as one that an AWS client understands. */
export function awsFaultOf(cause: unknown, own: FaultNames = {}, messages: Partial<Record<FaultCode, string>> = {}): AwsFault {
  if (cause instanceof AwsFault) return cause
  const fault = cause instanceof Fault ? cause : new Fault('internal')
  const type = own[fault.code] ?? common[fault.code]
  return new AwsFault(type, messages[fault.code] ?? fault.message, statuses[type] ?? (fault.code === 'internal' ? 500 : 400))
}
