// Parameters of a request that its route does not know, or that its path says already: told to the client in Vault's words.
import { Answer } from '../kit/answer.ts'
import type { Outcome, Route } from '../kit/route.ts'

/** Adds the warnings to an answer that has a body; one without cannot carry them. */
export function warnOfStrays(route: Route, body: Record<string, unknown>, params: Record<string, unknown>, outcome: Outcome): Outcome {
  if (route.free || !outcome) return outcome
  const ignored: string[] = []
  const replaced: string[] = []
  for (const name in body) {
    if (name in params) replaced.push(name)
    else if (!Object.hasOwn(route.takes, name)) ignored.push(name)
  }
  if (ignored.length === 0 && replaced.length === 0) return outcome
  const parts = outcome instanceof Answer ? outcome.parts : { data: outcome }
  if (parts.raw) return outcome
  const settled = parts.settled as { warnings?: string[] } | undefined
  const warnings = [
    ...(settled?.warnings ?? parts.warnings ?? []),
    ...(ignored.length > 0 ? [`Endpoint ignored these unrecognized parameters: [${ignored.sort().join(' ')}]`] : []),
    ...(replaced.length > 0 ? [`Endpoint replaced the value of these parameters with the values captured from the endpoint's path: [${replaced.sort().join(' ')}]`] : []),
  ]
  return new Answer(settled ? { ...parts, settled: { ...settled, warnings } } : { ...parts, warnings })
}
