// The secrets engines that a mount may name.
import type { Engine } from '../kit/route.ts'
import { kv } from './kv/index.ts'
import { transit } from './transit/index.ts'

export const engines: readonly Engine[] = [kv, transit]
