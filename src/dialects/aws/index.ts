// The dialect of AWS's clients: requests to `/` that name an operation, in a header or in a form.
import type { Core } from '../../core/core.ts'
import type { Request, Response } from '../../http/listener.ts'
import { answerAws } from './answer.ts'
import { scheme, tokenOfProof } from './authenticate.ts'

export interface Dialect {
  name: string
  /** Whether a request is in this dialect. */
  claims(request: Request): boolean
  answer(request: Request): Promise<Response>
}

const signed = /^AWS4-/

function claims({ method, url, headers }: Request): boolean {
  if (headers['x-amz-target'] !== undefined) return true
  if (typeof headers.authorization === 'string' && signed.test(headers.authorization)) return true
  const mark = url.indexOf('?')
  const path = mark < 0 ? url : url.slice(0, mark)
  if (path !== '/' && path !== '') return false
  if (method === 'POST') return String(headers['content-type']).startsWith('application/x-www-form-urlencoded')
  return method === 'GET' && mark >= 0 && /[?&](?:Action|X-Amz-Algorithm)=/.test(url)
}

export function awsDialect(core: Core): Dialect {
  core.gate.schemes.set(scheme, tokenOfProof)
  return { name: 'aws', claims, answer: (request) => answerAws(core, request) }
}
