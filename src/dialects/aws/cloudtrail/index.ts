// AWS CloudTrail's look-up of events, answered from the audit log. https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_LookupEvents.html
import type { AuditEvent } from '../../../core/audit/history.ts'
import { Fault } from '../../../kit/errors.ts'
import { AwsFault } from '../errors.ts'
import { type Exchange, type Service, operation } from '../operation.ts'
import { list, number, string, structure, timestamp } from '../shape.ts'
import { type Trace, recordOf, traceOf } from './event.ts'

const mostResults = 50
/** Calls for one page; one that finds less says where to go on. */
const mostCalls = 4

type Attribute = { AttributeKey: string; AttributeValue: string }

/** What each attribute looks at; both sides are compared as they are, but for names of resources. */
const attributes: Record<string, (trace: Trace, wanted: string) => boolean> = {
  EventId: (trace, wanted) => trace.id === wanted,
  EventName: (trace, wanted) => trace.name === wanted,
  EventSource: (trace, wanted) => trace.source === wanted,
  ReadOnly: (trace, wanted) => String(trace.readOnly) === wanted,
  Username: (trace, wanted) => trace.username === wanted,
  AccessKeyId: (trace, wanted) => trace.accessKeyId === wanted,
  ResourceType: (trace, wanted) => trace.resources.some((one) => one.type === wanted),
  ResourceName: (trace, wanted) => trace.resources.some((one) => one.name === wanted || bare(one.name) === bare(wanted)),
}
/** Attributes whose value stands in the audit log as it is. */
const literal = ['EventId', 'EventName', 'EventSource', 'AccessKeyId']

/** The name in an ARN, without the six characters that a secret's has. */
const bare = (name: string): string => /^arn:[^:]*:[^:]*:[^:]*:[^:]*:(?:secret:|parameter\/|key\/|alias\/)?(.+?)(?:-[A-Za-z0-9]{6})?$/.exec(name)?.[1] ?? name.replace(/^\//, '')

interface Mark {
  /** Where the log is read on. */
  at: string
  /** The events that were given last: other lines of theirs may lie on the next page. */
  last: string[]
}

function readMark(token: string | undefined): Mark {
  if (token === undefined) return { at: '', last: [] }
  const [, at, last] = /^(\d+(?::\d+@\d+)?) ([\w,-]{0,512})$/.exec(Buffer.from(token, 'base64url').toString()) ?? []
  if (at === undefined || last === undefined) throw badToken()
  return { at, last: last.split(',') }
}
const writeMark = ({ at, last }: Mark): string => Buffer.from(`${at} ${last.slice(-8).join(',')}`).toString('base64url')
const badToken = (): AwsFault => new AwsFault('InvalidNextTokenException', 'Invalid token.')

interface Page {
  events: (AuditEvent & { at: string })[]
  next?: string
}

async function pageOf(exchange: Exchange, wanted: object, mark: Mark): Promise<Page> {
  try {
    return await exchange.ask<Page>('read', 'sys/audit-events', { ...wanted, limit: 200, after: mark.at })
  } catch (cause) {
    throw cause instanceof Fault && cause.code === 'invalid' ? badToken() : cause
  }
}

const lookupEvents = operation({
  name: 'LookupEvents',
  about: 'Finds who asked what of these services, newest first.',
  access: [{ op: 'read', path: 'sys/audit-events' }],
  input: {
    LookupAttributes: list(structure({ AttributeKey: string({ required: true, words: Object.keys(attributes) }), AttributeValue: string({ required: true, min: 1, max: 2000 }) })),
    StartTime: timestamp(), EndTime: timestamp(), EventCategory: string({ words: ['insight'] }), MaxResults: number(), NextToken: string({ max: 4096 }),
  },
  async run(exchange, { LookupAttributes = [], StartTime, EndTime, EventCategory, MaxResults = mostResults, NextToken }) {
    if (LookupAttributes.length > 1) throw new AwsFault('InvalidLookupAttributesException', 'You can only specify one lookup attribute at a time.')
    if (MaxResults < 1 || MaxResults > mostResults) throw new AwsFault('InvalidMaxResultsException', `A number between 1 and ${mostResults} should be specified as the maximum results value.`)
    if (StartTime !== undefined && EndTime !== undefined && StartTime > EndTime) throw new AwsFault('InvalidTimeRangeException', 'The start time cannot be after the end time.')
    if (EventCategory) return { Events: [] }
    const [attribute] = LookupAttributes as Attribute[]
    const wanted = {
      ...(StartTime !== undefined && { since: Math.trunc(StartTime) }),
      ...(EndTime !== undefined && { until: Math.trunc(EndTime) }),
      ...(attribute && literal.includes(attribute.AttributeKey) && { containing: attribute.AttributeValue }),
    }
    const mark = readMark(NextToken)
    const seen = new Set(mark.last)
    const Events: object[] = []
    for (let call = 0; call < mostCalls; call++) {
      const page = await pageOf(exchange, wanted, mark)
      for (const event of page.events) {
        const trace = traceOf(event)
        if (seen.has(trace.id)) continue
        if (Events.length === MaxResults) return { Events, NextToken: writeMark(mark) }
        seen.add(trace.id)
        if (attribute && !attributes[attribute.AttributeKey]!(trace, attribute.AttributeValue)) continue
        Events.push(recordOf(trace, exchange.settings.account))
        mark.last.push(trace.id)
        mark.at = event.at
      }
      if (page.next === undefined) return { Events }
      mark.at = page.next
      if (Events.length === MaxResults) break
    }
    return { Events, NextToken: writeMark(mark) }
  },
})

export const cloudTrail: Service = {
  name: 'cloudtrail',
  protocol: 'json',
  target: 'CloudTrail_20131101',
  source: 'cloudtrail.amazonaws.com',
  faults: {},
  operations: [lookupEvents],
}
