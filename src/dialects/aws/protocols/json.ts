// AWS JSON 1.1 (and 1.0): the operation in a header, input and output as JSON objects.
// https://smithy.io/2.0/aws/protocols/aws-json-1_1-protocol.html
import { isUtf8 } from 'node:buffer'
import type { Request, Response } from '../../../http/listener.ts'
import { isObject } from '../../../kit/field.ts'
import { isWellFormed } from '../../../kit/json.ts'
import { AwsFault } from '../errors.ts'
import type { Service } from '../operation.ts'

const maxDepth = 64

/** `secretsmanager.GetSecretValue` in its two halves. */
export function targetOf(request: Pick<Request, 'headers'>): { target: string; action: string } | null {
  const header = request.headers['x-amz-target']
  if (typeof header !== 'string') return null
  const dot = header.lastIndexOf('.')
  return { target: header.slice(0, Math.max(0, dot)), action: header.slice(dot + 1) }
}

export function decodeJson(body: Buffer): Record<string, unknown> {
  if (body.length === 0) return {}
  const malformed = (): AwsFault => new AwsFault('SerializationException', 'The request body is not well-formed JSON.')
  if (!isUtf8(body)) throw malformed()
  const text = body.toString()
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    throw malformed()
  }
  if (!isObject(value) || deeperThan(value, maxDepth) || !isWellFormed(text, value)) throw malformed()
  return value
}

function deeperThan(value: unknown, depth: number): boolean {
  if (typeof value !== 'object' || value === null) return false
  if (depth === 0) return true
  for (const name in value) if (deeperThan((value as Record<string, unknown>)[name], depth - 1)) return true
  return false
}

const contentTypeOf = (request: Pick<Request, 'headers'>): string => (String(request.headers['content-type']).includes('x-amz-json-1.0') ? 'application/x-amz-json-1.0' : 'application/x-amz-json-1.1')

export const encodeJson = (request: Pick<Request, 'headers'>, requestId: string, output: object | void): Response => ({
  status: 200,
  contentType: contentTypeOf(request),
  body: output ? JSON.stringify(output) : '{}',
  headers: { 'x-amzn-requestid': requestId },
})

export const encodeJsonFault = (request: Pick<Request, 'headers'>, requestId: string, fault: AwsFault, service: Service | null): Response => ({
  status: fault.status,
  contentType: contentTypeOf(request),
  // AWS leaves an empty message out.
  body: JSON.stringify({ __type: fault.type, ...(fault.message !== '' && { [service?.capitalMessage ? 'Message' : 'message']: fault.message }) }),
  headers: { 'x-amzn-requestid': requestId, 'x-amzn-errortype': fault.type },
})
