// AWS Query: input as a form with an `Action`, output as XML.
// https://smithy.io/2.0/aws/protocols/aws-query-protocol.html
import type { Response } from '../../../http/listener.ts'
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

export const encodeQuery = (service: Service, action: string, requestId: string, output: object | void): Response => ({
  status: 200,
  contentType: 'text/xml',
  body: `<${action}Response xmlns="${service.xmlns}"><${action}Result>${toXml(output ?? {})}</${action}Result><ResponseMetadata><RequestId>${requestId}</RequestId></ResponseMetadata></${action}Response>`,
  headers: { 'x-amzn-requestid': requestId },
})

export function encodeQueryFault(requestId: string, fault: AwsFault, service: Service | null): Response {
  const { code, status } = queryNameOf(fault)
  return {
    status,
    contentType: 'text/xml',
    body: `<ErrorResponse xmlns="${service?.xmlns ?? 'http://webservices.amazon.com/AWSFault/2005-15-09'}"><Error><Type>${status < 500 ? 'Sender' : 'Receiver'}</Type><Code>${code}</Code><Message>${escapeXml(fault.message)}</Message></Error><RequestId>${requestId}</RequestId></ErrorResponse>`,
    headers: { 'x-amzn-requestid': requestId },
  }
}
