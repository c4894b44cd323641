// Files, for what every command needs. Built-in modules are asked for when used: an import of node:fs runs its lazy
// getters (streams, promises), a tenth of the time that a command may take.
const fs = () => process.getBuiltinModule('node:fs')

export const join = (...parts: string[]): string => process.getBuiltinModule('node:path').join(...parts)

export const readBytes = (file: string): Buffer => fs().readFileSync(file)
export const readText = (file: string): string => fs().readFileSync(file, 'utf8')

/** Undefined where there is no such file. */
export function readOptional(file: string): string | undefined {
  try {
    return readText(file)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT' || code === 'ENOTDIR' || code === 'EISDIR') return undefined
    throw error
  }
}

/** The files of a folder, with their paths. */
export const filesIn = (folder: string): string[] =>
  fs()
    .readdirSync(folder, { withFileTypes: true })
    .filter((entry) => !entry.isDirectory())
    .map((entry) => join(folder, entry.name))

/** Mode 0600, in place at once or not at all. */
export function replaceSecret(file: string, text: string): void {
  const fresh = `${file}.${process.pid}.new`
  fs().rmSync(fresh, { force: true })
  fs().writeFileSync(fresh, text, { mode: 0o600, flag: 'wx' })
  fs().renameSync(fresh, file)
}

export const remove = (file: string): void => fs().rmSync(file, { force: true })

/** Whether a stream of the process is a terminal. */
export const isTerminal = (descriptor: number): boolean => {
  try {
    return fs().fstatSync(descriptor).isCharacterDevice() && process.getBuiltinModule('node:tty').isatty(descriptor)
  } catch {
    return false
  }
}

/** Writes all of it before it returns; where the reader has gone, the process ends. */
export function writeOut(descriptor: number, chunk: string | Uint8Array): void {
  let bytes = typeof chunk === 'string' ? Buffer.from(chunk) : chunk
  while (bytes.length > 0) {
    try {
      bytes = bytes.subarray(fs().writeSync(descriptor, bytes))
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException
      if (code === 'EAGAIN') Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1)
      else process.exit(code === 'EPIPE' ? 0 : 1)
    }
  }
}
