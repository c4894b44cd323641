// The auth methods that a mount may name.
import type { AuthMethod } from '../kit/route.ts'

export const authMethods: readonly AuthMethod[] = []
