// How an event goes out: as it is, as a message of SNS, or as an event of EventBridge; each signed the same way.
// https://docs.aws.amazon.com/sns/latest/dg/sns-message-and-json-formats.html
// https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-events-structure.html
import { createHash, createHmac } from 'node:crypto'
import type { SecretEvent, Subscription } from '../../core/events.ts'

interface Message {
  contentType: string
  headers: Record<string, string>
  body: string
}

const region = 'us-east-1'
const titles: Record<string, string> = { created: 'Secret Created', updated: 'Secret Updated', rotated: 'Secret Rotated', deleted: 'Secret Deleted', restored: 'Secret Restored', 'label-moved': 'Secret Label Moved' }
const titleOf = (event: SecretEvent): string => titles[event.type.slice('secret.'.length)] ?? event.type

/** The id in the form of a UUID, which these services use; the same for every attempt. */
function uuidOf(id: string): string {
  const hex = createHash('sha256').update(id).digest('hex')
  return [hex.slice(0, 8), hex.slice(8, 12), `4${hex.slice(13, 16)}`, `8${hex.slice(17, 20)}`, hex.slice(20, 32)].join('-')
}

const shapes: Record<Subscription['kind'], (event: SecretEvent, subscription: Subscription, account: string) => Message> = {
  webhook: (event) => ({ contentType: 'application/json', headers: {}, body: JSON.stringify(event) }),
  sns(event, subscription, account) {
    const TopicArn = `arn:aws:sns:${region}:${account}:${subscription.name}`
    const MessageId = uuidOf(event.id)
    const attribute = (Value: string): object => ({ Type: 'String', Value })
    return {
      contentType: 'text/plain; charset=UTF-8',
      headers: { 'x-amz-sns-message-type': 'Notification', 'x-amz-sns-message-id': MessageId, 'x-amz-sns-topic-arn': TopicArn },
      body: JSON.stringify({ Type: 'Notification', MessageId, TopicArn, Subject: titleOf(event), Message: JSON.stringify(event), Timestamp: event.time, MessageAttributes: { type: attribute(event.type), path: attribute(event.path) } }),
    }
  },
  eventbridge: (event, _, account) => ({
    contentType: 'application/json',
    headers: {},
    body: JSON.stringify({ version: '0', id: uuidOf(event.id), 'detail-type': titleOf(event), source: 'strongroom.secrets', account, time: `${event.time.slice(0, 19)}Z`, region, resources: [event.path], detail: event }),
  }),
}

/** `v1=` and the HMAC-SHA256 of `timestamp.body` in hexadecimal. */
export const signatureOf = (secret: string, timestamp: string, body: string): string => `v1=${createHmac('sha256', secret).update(`${timestamp}.${body}`).digest('hex')}`

/** What is posted; `now` in milliseconds is part of the signature, so that receivers can refuse what is old. */
export function messageOf(event: SecretEvent, subscription: Subscription, account: string, now: number): { headers: Record<string, string>; body: string } {
  const { contentType, headers, body } = shapes[subscription.kind](event, subscription, account)
  const timestamp = String(Math.trunc(now / 1000))
  return {
    body,
    headers: {
      ...headers,
      'content-type': contentType,
      'user-agent': 'strongroom',
      'x-strongroom-event': event.type,
      'x-strongroom-event-id': event.id,
      'x-strongroom-timestamp': timestamp,
      'x-strongroom-signature': signatureOf(subscription.secret, timestamp, body),
    },
  }
}
