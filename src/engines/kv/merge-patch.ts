// JSON merge patch (RFC 7396).
import { isObject } from '../../kit/field.ts'

/** `target` with `patch` merged in; null in the patch removes a key. Neither is changed. */
export function mergePatch(target: unknown, patch: Record<string, unknown>): Record<string, unknown> {
  const merged: Map<string, unknown> = new Map(isObject(target) ? Object.entries(target) : [])
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) merged.delete(key)
    else merged.set(key, isObject(value) ? mergePatch(merged.get(key), value) : value)
  }
  return Object.fromEntries(merged)
}
