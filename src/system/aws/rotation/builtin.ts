// Rotation functions that come with the server.
import { randomText } from '../../../core/tokens.ts'
import { isObject } from '../../../kit/field.ts'

export interface StepEvent {
  Step: 'createSecret' | 'setSecret' | 'testSecret' | 'finishSecret'
  SecretId: string
  ClientRequestToken: string
}

/** The secret that a built-in function rotates. */
export interface Rotated {
  /** The current value; null where it is no text. */
  current(): Promise<string | null>
  putPending(value: string): Promise<void>
  /** Makes the pending version the current one. */
  promote(): Promise<void>
}

export type Builtin = (event: StepEvent, secret: Rotated) => Promise<void>

const length = 32

/** A new random `password` where the value is an object, or a new random text. */
function renewed(value: string | null): string {
  let parsed: unknown = null
  try {
    parsed = value === null ? null : JSON.parse(value)
  } catch {
    return randomText(length)
  }
  if (!isObject(parsed)) return randomText(length)
  return JSON.stringify({ ...parsed, password: randomText(length) })
}

/** For values that nothing else has to be told of: keys of one's own, signing secrets. */
const rotate: Builtin = async ({ Step }, secret) => {
  if (Step === 'createSecret') await secret.putPending(renewed(await secret.current()))
  if (Step === 'finishSecret') await secret.promote()
}

export const builtins: Record<string, Builtin> = { rotate }
