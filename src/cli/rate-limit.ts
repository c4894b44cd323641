// VAULT_RATE_LIMIT: at most so many requests a second. Loaded where it is set.
import type { Transport } from '../sdk/transport.ts'
import { UsageError } from './usage.ts'

/** `text`: `RATE` or `RATE:BURST`, in requests a second; without a burst, a second's worth may come at once. */
export function limited(transport: Transport, text: string, name: string): Transport {
  const [, rateText, burstText] = /^(\d+(?:\.\d+)?)(?::(\d+))?$/.exec(text) ?? []
  const rate = Number(rateText)
  if (!(rate > 0)) throw new UsageError(`${name}: expected requests a second, or RATE:BURST`)
  const most = Math.max(1, burstText === undefined ? Math.trunc(rate) : Number(burstText))
  let tokens = most
  let at = performance.now()
  return async (request) => {
    const now = performance.now()
    // Below zero: those before are still waiting for their turn.
    tokens = Math.min(most, tokens + ((now - at) / 1000) * rate) - 1
    at = now
    if (tokens < 0) await new Promise((done) => setTimeout(done, (-tokens / rate) * 1000))
    return transport(request)
  }
}
