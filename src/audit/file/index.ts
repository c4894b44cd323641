// Audit device `file`: appends lines to a file of mode 0600. A line counts as taken once the write has ended
// in a file that still has a name; a rotated or deleted file is noticed and opened anew.
import type { AuditType } from '../../kit/audit.ts'
import { invalid } from '../../kit/errors.ts'
import { refuseUnknown } from '../options.ts'
import { openStdout } from '../stream.ts'
import { parseMode, resolveTarget } from './location.ts'
import { FileTarget } from './target.ts'

const discard = { type: 'file', write: () => Promise.resolve(), reopen: () => Promise.resolve(), close: () => Promise.resolve() }

export const file: AuditType = {
  type: 'file',
  about: 'Appends entries to a file; `file_path`: a path, `stdout` or `discard`',
  async open(options, limits) {
    const { file_path: given, path: alias, mode, ...unknown } = options
    refuseUnknown(unknown)
    const path = given ?? alias ?? ''
    if (path === '') throw invalid('file_path is required')
    const bits = parseMode(mode, limits.trusted)
    if (path === 'discard') return discard
    if (path === 'stdout') return openStdout('file', limits)
    return await FileTarget.open({ path: await resolveTarget(path, limits.folder), mode: bits, limits })
  },
}
