// Paths as people type them.

/** Without slashes at its ends. */
export const trimmed = (path: string): string => path.replace(/^\/+|\/+$/g, '')
