// The secrets engines that a mount may name.
import type { Engine } from '../kit/route.ts'
import { database } from './database/index.ts'
import { kv } from './kv/index.ts'
import { totp } from './totp/index.ts'
import { transit } from './transit/index.ts'

export const engines: readonly Engine[] = [database, kv, totp, transit]
