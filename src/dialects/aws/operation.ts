// An operation of a service is a row: its name, what it takes, which paths of the store it touches, what it does.
import type { AccountSettings } from '../../core/access-keys.ts'
import type { Core } from '../../core/core.ts'
import type { Request } from '../../http/listener.ts'
import type { Fault } from '../../kit/errors.ts'
import type { Operation as PathOperation } from '../../kit/route.ts'
import type { FaultNames } from './errors.ts'
import type { Signer } from './authenticate.ts'
import type { Input, Members } from './shape.ts'

/** A request on its way: who asks, where, and how it reaches the store. */
export interface Exchange {
  core: Core
  service: Service
  action: string
  /** Of the credential's scope. */
  region: string
  /** Absent for operations that need no signature. */
  signer: Signer | null
  /** Of the caller, else of the root namespace. */
  namespace: string
  readonly settings: AccountSettings
  /** Also the id of the event in the audit log. */
  requestId: string
  request: Request
  input: Record<string, unknown>
  /** Whether the audit log has an entry of this request. */
  audited(): boolean
  /** Audits a refusal that no call of the store made, and throws it. */
  refuse(refusal: Fault): Promise<never>
  /** Written in clear to the audit log with every call from here on. */
  parameters: Record<string, unknown>
  /** One call through the gate, answered with the data of the route as `T`; throws its fault. `namespace` default: the caller's; `signer`: with whose rights. */
  ask<T extends object = Record<string, unknown>>(op: PathOperation, path: string, body?: Record<string, unknown>, namespace?: string, signer?: Signer | null): Promise<T>
}

/** What the policy language is asked for one operation, for the table in the documentation. */
export interface Access {
  op: PathOperation
  /** With `:name` where the resource stands. */
  path: string
}

export interface Operation {
  name: string
  about: string
  input: Members
  access: Access[]
  /** Names of inputs that the audit log shows as they are. */
  shows: readonly string[]
  /** Answered without a signature. */
  anonymous?: boolean
  run(exchange: Exchange, input: any): Promise<object | void> | object | void
}

export function operation<M extends Members>(row: {
  name: string
  about: string
  input: M
  access: Access[]
  shows?: readonly (keyof M & string)[]
  anonymous?: boolean
  run(exchange: Exchange, input: Input<M>): Promise<object | void> | object | void
}): Operation {
  return { shows: [], ...row }
}

export interface Service {
  /** As the credential scope names it. */
  name: string
  protocol: 'json' | 'query'
  /** JSON: what stands before the dot in `X-Amz-Target`. */
  target?: string
  /** Query: the API's version and XML namespace. */
  version?: string
  xmlns?: string
  /** `secretsmanager.amazonaws.com` */
  source: string
  /** Whether errors carry `Message` rather than `message`. */
  capitalMessage?: boolean
  faults: FaultNames
  /** The ARN that an input is about, or `*`: what session policies and refusals name. */
  resourceOf?(exchange: Exchange, input: Record<string, unknown>): string | Promise<string>
  operations: readonly Operation[]
}
