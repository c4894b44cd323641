// Where the time goes: a CPU profile of this process, for Chrome's and VS Code's viewers. It names functions and files, no values.
import { Fault } from '../kit/errors.ts'

let running = false

/** The profile as JSON (`.cpuprofile`); a Fault `unavailable` while another is being taken. */
export async function cpuProfile(seconds: number, signal: AbortSignal): Promise<string> {
  if (running) throw new Fault('unavailable', 'a profile is being taken already')
  running = true
  const { Session } = await import('node:inspector/promises')
  const session = new Session()
  session.connect()
  try {
    await session.post('Profiler.enable')
    await session.post('Profiler.start')
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, seconds * 1000)
      signal.addEventListener('abort', () => (clearTimeout(timer), resolve()), { once: true })
    })
    const { profile } = await session.post('Profiler.stop')
    return JSON.stringify(profile)
  } finally {
    session.disconnect()
    running = false
  }
}
