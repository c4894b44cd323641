// Who is next for a named lock within this process: one holder per name, waiters in order of arrival.

import type { Lock } from '../kit/storage.ts'

/** A lock that resolves its release once and tells its loss through `lose`. */
export function createLock(release: () => void | Promise<void>): Lock & { lose(reason: unknown): void } {
  const lost = new AbortController()
  let released: Promise<void> | undefined
  return {
    lost: lost.signal,
    release: () => (released ??= Promise.resolve(lost.signal.aborted ? undefined : release())),
    lose: (reason) => void (released === undefined && lost.abort(reason)),
  }
}

export interface Turns {
  /** Resolves with what ends the turn when it has come; rejects with the signal's reason when that aborts first. */
  take(name: string, signal?: AbortSignal): Promise<() => void>
}

export function createTurns(): Turns {
  const lines = new Map<string, (() => void)[]>()

  const pass = (name: string): void => {
    const next = lines.get(name)?.shift()
    if (next) next()
    else lines.delete(name)
  }
  const turn = (name: string): (() => void) => {
    let over = false
    return () => {
      if (over) return
      over = true
      pass(name)
    }
  }

  const take = async (name: string, signal?: AbortSignal): Promise<() => void> => {
    signal?.throwIfAborted()
    const line = lines.get(name)
    if (line === undefined) {
      lines.set(name, [])
      return turn(name)
    }
    await new Promise<void>((resolve, reject) => {
      const abort = (): void => {
        line.splice(line.indexOf(proceed), 1)
        reject(signal!.reason)
      }
      const proceed = (): void => {
        signal?.removeEventListener('abort', abort)
        resolve()
      }
      line.push(proceed)
      signal?.addEventListener('abort', abort, { once: true })
    })
    return turn(name)
  }
  return { take }
}
