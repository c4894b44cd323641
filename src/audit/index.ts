// The audit devices that this build holds.
import type { AuditType } from '../kit/audit.ts'
import { file } from './file/index.ts'

export const auditTypes: readonly AuditType[] = [file]
