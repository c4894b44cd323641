// Session policies: a document in IAM's language that narrows a temporary key. What it does not plainly allow is refused.
import { isObject } from '../../../kit/field.ts'
import { AwsFault } from '../errors.ts'
import type { Exchange } from '../operation.ts'
import { decide } from './decide.ts'
import { type Statement, Malformed, documentOf, parseDocument } from './document.ts'
import { valuesFor } from './situation.ts'

const fitting = (statements: readonly Statement[]): boolean => statements.every(({ principals, resources, conditions }) => !principals && resources.length > 0 && conditions.every(({ operator }) => operator))

/** Throws `MalformedPolicyDocument` for what cannot narrow a session. */
export function checkSessionPolicy(text: string): void {
  try {
    if (fitting(parseDocument(text))) return
  } catch (cause) {
    if (!(cause instanceof Malformed)) throw cause
  }
  throw new AwsFault('MalformedPolicyDocumentException', 'The policy document is malformed.')
}

/** Whether the session policy of whoever asks, if there is one, lets `action` be done to `resource`, an ARN or `*`. */
export function sessionAllows(exchange: Exchange, action: string, resource: string): boolean {
  const { signer, input } = exchange
  if (signer?.key.sessionPolicy === undefined) return true
  const given = action === 'kms:ReEncryptFrom' ? input.SourceEncryptionContext : input.EncryptionContext
  const context = isObject(given) ? (given as Record<string, string>) : {}
  return decide(documentOf(signer.key.sessionPolicy) ?? [], { action, resource, signer, valuesOf: valuesFor(exchange, { resource, context }) }) === 'allow'
}
