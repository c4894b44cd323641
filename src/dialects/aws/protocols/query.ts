// AWS Query: input as a form with an `Action`, output as XML, or as JSON for who accepts that alone.
// https://smithy.io/2.0/aws/protocols/aws-query-protocol.html
import type { Request, Response } from '../../../http/listener.ts'
import { type AwsFault, queryNameOf } from '../errors.ts'
import type { Service } from '../operation.ts'
import type { Member, Members } from '../shape.ts'

const mostItems = 1000

/** The values of a form by the shape that they are to have; wrong numbers stay text and fail in the check. */
export function decodeQuery(members: Members, form: URLSearchParams, prefix = ''): Record<string, unknown> {
  const values: Record<string, unknown> = {}
  for (const name in members) {
    const value = decodeMember(members[name]!, form, prefix + name)
    if (value !== undefined) values[name] = value
  }
  return values
}

function decodeMember(member: Member, form: URLSearchParams, name: string): unknown {
  if (member.kind === 'structure') {
    const value = decodeQuery(member.members!, form, `${name}.`)
    return Object.keys(value).length > 0 ? value : undefined
  }
  if (member.kind === 'list') {
    const items: unknown[] = []
    for (let at = 1; at <= mostItems; at++) {
      const item = decodeMember(member.of!, form, `${name}.member.${at}`)
      if (item === undefined) break
      items.push(item)
    }
    return items.length > 0 ? items : undefined
  }
  const text = form.get(name)
  if (text === null) return undefined
  if (member.kind === 'number') return text !== '' && Number.isFinite(Number(text)) ? Number(text) : text
  if (member.kind === 'boolean') return text === 'true' ? true : text === 'false' ? false : text
  return text
}

const entities: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' }
const escapeXml = (text: string): string => text.replace(/[&<>"']/g, (character) => entities[character]!)

function toXml(value: unknown): string {
  if (Array.isArray(value)) return value.map((item) => `<member>${toXml(item)}</member>`).join('')
  if (typeof value === 'object' && value !== null) return Object.entries(value).filter(([, inner]) => inner !== undefined).map(([name, inner]) => `<${name}>${toXml(inner)}</${name}>`).join('')
  return escapeXml(String(value))
}

/** Whether a client asks for JSON, as those do that have a presigned GetCallerIdentity answered. */
export const wantsJson = ({ headers }: Pick<Request, 'headers'>): boolean => headers.accept === 'application/json'

/** The same answer in JSON, where times are seconds since 1970. */
const toJson = (output: object): string => JSON.stringify(output, (name, value: unknown) => (name === 'Expiration' ? Date.parse(value as string) / 1000 : value))

export function encodeQuery(service: Service, action: string, requestId: string, output: object | void, json = false): Response {
  const said = { [`${action}Result`]: output ?? {}, ResponseMetadata: { RequestId: requestId } }
  return {
    status: 200,
    contentType: json ? 'application/json' : 'text/xml',
    body: json ? toJson({ [`${action}Response`]: said }) : `<${action}Response xmlns="${service.xmlns}">${toXml(said)}</${action}Response>`,
    headers: { 'x-amzn-requestid': requestId },
  }
}

export function encodeQueryFault(requestId: string, fault: AwsFault, service: Service | null, json = false): Response {
  const { code, status } = queryNameOf(fault)
  const xmlns = service?.xmlns ?? 'http://webservices.amazon.com/AWSFault/2005-15-09'
  const said = { Error: { Type: status < 500 ? 'Sender' : 'Receiver', Code: code, Message: fault.message }, RequestId: requestId }
  return {
    status,
    contentType: json ? 'application/json' : 'text/xml',
    body: json ? JSON.stringify(said) : `<ErrorResponse xmlns="${xmlns}">${toXml(said)}</ErrorResponse>`,
    headers: { 'x-amzn-requestid': requestId },
  }
}
