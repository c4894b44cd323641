// Audit devices over the API: `sys/audit`, `sys/audit-hash`, `sys/config/auditing/request-headers`.
import type { AuditBroker } from '../core/audit/broker.ts'
import { invalid } from '../kit/errors.ts'
import { boolean, map, text } from '../kit/field.ts'
import { type Route, route } from '../kit/route.ts'

const path = text({ about: 'Path of the audit device.', required: true })
const header = text({ about: 'Name of the request header.', required: true })

const deviceRoutes = (broker: AuditBroker): Route[] => [
  route({
    op: 'read',
    path: 'audit',
    about: 'Lists the enabled audit devices.',
    takes: {},
    access: 'sudo',
    run: () => Object.fromEntries(broker.list().map((device) => [device.path, device])),
  }),
  route({
    op: 'write',
    path: 'audit/:path*',
    about: 'Enables an audit device; it must take its first line before the call succeeds.',
    takes: {
      path,
      type: text({ about: 'Type of the device: file, stdout, socket, syslog or http.', required: true }),
      description: text({ about: 'For people.', default: '' }),
      options: map({ about: 'Options of the device.', default: {} }),
      local: boolean({ about: 'Accepted for compatibility.', default: false }),
    },
    access: 'sudo',
    run: (_, input) => broker.enable(input.path, input.type, input.options, { description: input.description, local: input.local }),
  }),
  route({
    op: 'delete',
    path: 'audit/:path*',
    about: 'Disables an audit device and forgets its salt.',
    takes: { path },
    access: 'sudo',
    run: (_, input) => broker.disable(input.path),
  }),
  route({
    op: 'write',
    path: 'audit-hash/:path*',
    about: 'Says what the device at the path writes for a value.',
    takes: { path, input: text({ about: 'The value.', required: true, secret: true }) },
    gives: { hash: text({ about: 'hmac-sha256: and the digest in hexadecimal.' }) },
    run: (_, input) => ({ hash: broker.hash(input.path, input.input) }),
  }),
  route({
    op: 'read',
    path: 'audit-key',
    about: 'The public key that verifies the signatures of the audit chains.',
    takes: {},
    gives: { public_key: text({ about: 'Ed25519, PEM.' }) },
    run: () => ({ public_key: broker.publicKey }),
  }),
]

const headerRoutes = (broker: AuditBroker): Route[] => [
  route({
    op: 'read',
    path: 'config/auditing/request-headers',
    about: 'Lists the request headers that audit writes.',
    takes: {},
    access: 'sudo',
    run: () => ({ headers: broker.headers }),
  }),
  route({
    op: 'read',
    path: 'config/auditing/request-headers/:header',
    about: 'Says whether a header is written, and hashed.',
    takes: { header },
    access: 'sudo',
    run(_, input) {
      const found = broker.headers[input.header.toLowerCase()]
      if (found === undefined) throw invalid('Could not find header in config')
      return { [input.header]: found }
    },
  }),
  route({
    op: 'write',
    path: 'config/auditing/request-headers/:header',
    about: 'Has audit write a request header.',
    takes: { header, hmac: boolean({ about: 'Whether its value is hashed.', default: false }) },
    access: 'sudo',
    run: (_, input) => broker.setHeader(input.header, input.hmac),
  }),
  route({
    op: 'delete',
    path: 'config/auditing/request-headers/:header',
    about: 'Has audit leave a request header out.',
    takes: { header },
    access: 'sudo',
    run: (_, input) => broker.removeHeader(input.header),
  }),
]

/** Routes below `sys/`. */
export const auditRoutes = (broker: AuditBroker): Route[] => [...deviceRoutes(broker), ...headerRoutes(broker)]
