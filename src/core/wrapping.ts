// Response wrapping: an answer is kept in the private folder of a token that opens once.
import { Fault, invalid } from '../kit/errors.ts'
import type { View } from '../kit/view.ts'
import type { WrapReply } from './call.ts'
import type { Namespace } from './namespaces.ts'
import type { Token, Tokens } from './tokens.ts'

interface Wrapped {
  response: string
  creationPath: string
  creationTime: string
  ttl: number
}

export class Wrapping {
  readonly #tokens: Tokens
  readonly #cubbyhole: View
  readonly #end: (token: Token) => Promise<void>

  /** `end` revokes a token with everything that hangs on it. */
  constructor(tokens: Tokens, cubbyhole: View, end: (token: Token) => Promise<void>) {
    this.#tokens = tokens
    this.#cubbyhole = cubbyhole
    this.#end = end
  }

  /** Keeps `response` (JSON text as the dialect would have sent it) for `ttl` seconds. */
  async wrap(response: string, ttl: number, creationPath: string, namespace: Namespace, wrappedAccessor?: string): Promise<WrapReply> {
    const { token, record } = await this.#tokens.create({
      parent: null,
      type: 'service',
      namespace: namespace.path,
      namespaceId: namespace.id,
      policies: ['response-wrapping'],
      path: creationPath,
      metadata: {},
      displayName: '',
      uses: 1,
      ttl,
      explicitMaxTtl: ttl,
      maxTtl: 0,
      period: 0,
      renewable: false,
      entityId: '',
      role: '',
      boundCidrs: [],
      noDefaultPolicy: true,
      mountAccessor: '',
    })
    const creationTime = new Date(record.createdAt * 1000).toISOString()
    const kept: Wrapped = { response, creationPath, creationTime, ttl }
    await this.#cubbyhole.write(`${record.key}/response`, kept)
    return { token, accessor: record.accessor, ttl, creationTime, creationPath, ...(wrappedAccessor === undefined ? {} : { wrappedAccessor }) }
  }

  async #find(token: string): Promise<{ record: Token; wrapped: Wrapped }> {
    const record = await this.#tokens.lookup(token)
    if (!record || record.policies[0] !== 'response-wrapping') throw invalid('wrapping token is not valid or does not exist')
    const wrapped = await this.#cubbyhole.read<Wrapped>(`${record.key}/response`)
    if (!wrapped) throw invalid('wrapping token is not valid or does not exist')
    return { record, wrapped }
  }

  async lookup(token: string): Promise<{ creationPath: string; creationTime: string; ttl: number }> {
    return (await this.#find(token)).wrapped
  }

  /** Opens once: of two that ask at the same time one is refused. */
  async unwrap(token: string): Promise<string> {
    const { record, wrapped } = await this.#find(token)
    const used = await this.#tokens.use(record).catch((cause: unknown) => {
      throw cause instanceof Fault && cause.code === 'denied' ? invalid('wrapping token is not valid or does not exist') : cause
    })
    await this.#end(used)
    return wrapped.response
  }

  /** The same answer under a new token; the old one is gone. */
  async rewrap(token: string, namespace: Namespace): Promise<WrapReply> {
    const { wrapped } = await this.#find(token)
    const response = await this.unwrap(token)
    return this.wrap(response, wrapped.ttl, wrapped.creationPath, namespace)
  }
}
