// The auth methods that a mount may name.
import type { AuthMethod } from '../kit/route.ts'
import { approle } from './approle/index.ts'
import { userpass } from './userpass/index.ts'

export const authMethods: readonly AuthMethod[] = [approle, userpass]
