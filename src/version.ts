// What this build calls itself.

export const version = '0.1.0'
/** Vault's version whose API this build answers as; clients compare it. */
export const apiVersion = '1.19.0'
export const buildDate = '2026-11-22T00:00:00Z'
