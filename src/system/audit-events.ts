// What was asked in other dialects than Vault's, out of the audit log: `sys/audit-events`. A read of this path is
// what a policy allows or not; nobody sees the events of another namespace.
import type { AuditBroker } from '../core/audit/broker.ts'
import type { AuditEvent } from '../core/audit/history.ts'
import { invalid } from '../kit/errors.ts'
import { integer, object, text } from '../kit/field.ts'
import { type Route, route } from '../kit/route.ts'

/** Bytes of the log that one call looks at; its answer says where to go on. */
const mostLooked = 16_777_216

export const auditEventRoutes = (broker: AuditBroker): Route[] => [
  route({
    op: 'read',
    path: 'audit-events',
    about: 'Reads who asked what in the dialects of other services, newest first, from the audit log.',
    pure: true,
    takes: {
      since: integer({ about: 'Not before this time; milliseconds since 1970.', default: 0 }),
      until: integer({ about: 'Not after this time; milliseconds since 1970.', default: Number.MAX_SAFE_INTEGER }),
      containing: text({ about: 'Only events that hold this text somewhere.', default: '' }),
      limit: integer({ about: 'At most this many, up to 200.', default: 50 }),
      after: text({ about: 'Go on from here: `next` of the answer before.', default: '' }),
    },
    gives: { events: object({ about: 'Events: time, operation, path, dialect, displayName, metadata, remote, error, and where to go on after it.' }), next: text({ about: 'Where to go on; absent at the end.' }) },
    async run(context, { since, until, containing, limit, after }) {
      if (containing.length > 2048) throw invalid('containing: at most 2048 characters')
      const most = Math.min(Math.max(1, limit), 200)
      // In the log a text stands as JSON writes it.
      const wanted = JSON.stringify(containing).slice(1, -1)
      const events: (AuditEvent & { at: string })[] = []
      let [looked, next] = [0, '']
      for await (const { event, at, size } of broker.history(after === '' ? null : after, wanted)) {
        if (events.length >= most || looked > mostLooked) return { events, next }
        next = at
        looked += size
        if (!event || event.namespace !== context.mount.namespace) continue
        const time = Date.parse(event.time)
        // Files are in order; lines of several writers nearly so.
        if (time < since - 60_000) break
        if (time >= since && time <= until) events.push({ ...event, at })
      }
      return { events }
    },
  }),
]
