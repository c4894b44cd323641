// The automatic seals. Shamir's is not among them: it is a ceremony of people, which the core keeps.
import type { SealType } from '../kit/seal.ts'
import { makeStaticSeal } from './static/index.ts'
import { transitSeal } from './transit/index.ts'

/** `environment`: variables that a seal's options may name, and `CREDENTIALS_DIRECTORY`. */
export const sealTypes = (environment: Record<string, string | undefined>): SealType[] => [makeStaticSeal(environment), transitSeal]
