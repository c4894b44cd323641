// The caller's mistake.

/** Printed as it is; exit code 1. */
export class UsageError extends Error {
  override name = 'UsageError'
}
