// The audit devices that this build holds.
import type { AuditType } from '../kit/audit.ts'
import { file } from './file/index.ts'
import { http } from './http/index.ts'
import { socket } from './socket/index.ts'
import { stdout } from './stdout/index.ts'
import { syslog } from './syslog/index.ts'

export const auditTypes: readonly AuditType[] = [file, stdout, socket, syslog, http]
