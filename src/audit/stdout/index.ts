// Audit device `stdout`: one line per entry on the standard output of the server.
import type { AuditType } from '../../kit/audit.ts'
import { refuseUnknown } from '../options.ts'
import { openStdout } from '../stream.ts'

export const stdout: AuditType = {
  type: 'stdout',
  about: 'Writes entries to the standard output of the server',
  async open(options, limits) {
    refuseUnknown(options)
    return openStdout('stdout', limits)
  },
}
