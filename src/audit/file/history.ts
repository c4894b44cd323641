// Reading an audit file back, newest line first, in bounded pieces, and then the files that log rotation put beside it.
import { type FileHandle, open, readdir, stat } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { invalid } from '../../kit/errors.ts'

const piece = 65_536
/** What is longer than this is no line of ours. */
const longest = 4_194_304
const mostFiles = 100
const newline = 10

interface Found {
  path: string
  identity: string
  size: number
  changed: number
}

async function look(path: string): Promise<Found | null> {
  const found = await stat(path).catch(() => null)
  return found?.isFile() ? { path, identity: `${found.dev}:${found.ino}`, size: found.size, changed: found.mtimeMs } : null
}

/** The file itself, then `name.1`, `name-20260101` and the like, newest first; compressed ones are left out. */
async function files(path: string): Promise<Found[]> {
  const name = basename(path)
  const names = (await readdir(dirname(path)).catch(() => [])).filter((one) => one !== name && one.startsWith(name) && /^[.-][\w.-]*$/.test(one.slice(name.length)) && !/\.(?:gz|zst|xz|bz2)$/.test(one))
  const own = await look(path)
  const others = (await Promise.all(names.slice(0, 1000).map((one) => look(join(dirname(path), one))))).filter((one) => one !== null)
  return [...(own ? [own] : []), ...others.sort((a, b) => b.changed - a.changed)].slice(0, mostFiles)
}

/**
 * Lines without their newlines, each with a mark from which another call goes on with the line before it.
 * A mark whose file is gone is `invalid`.
 */
export async function* readBack(path: string, from: string | null): AsyncGenerator<{ line: string; at: string }> {
  const all = await files(path)
  const [, wanted, offset] = from === null ? [] : (/^(\d+:\d+)@(\d{1,16})$/.exec(from) ?? ['', 'none', '0'])
  const start = wanted === undefined ? 0 : all.findIndex((file) => file.identity === wanted)
  if (start < 0) throw invalid('the place to go on from is no longer there')
  for (const [index, file] of all.slice(start).entries()) {
    const handle = await open(file.path, 'r').catch(() => null)
    if (!handle) continue
    try {
      yield* linesOf(handle, file.identity, index === 0 && offset !== undefined ? Math.min(Number(offset), file.size) : file.size)
    } finally {
      await handle.close()
    }
  }
}

async function* linesOf(handle: FileHandle, identity: string, end: number): AsyncGenerator<{ line: string; at: string }> {
  // Parts of the line whose beginning is not read yet, latest first.
  let rest: Buffer[] = []
  let size = 0
  const whole = (head: Buffer, at: number): { line: string; at: string }[] => {
    const line = Buffer.concat([head, ...rest])
    const fits = line.length > 0 && size + head.length <= longest
    ;[rest, size] = [[], 0]
    return fits ? [{ line: line.toString(), at: `${identity}@${at}` }] : []
  }
  for (let position = end; position > 0; ) {
    const length = Math.min(piece, position)
    position -= length
    const { buffer, bytesRead } = await handle.read(Buffer.allocUnsafe(length), 0, length, position)
    let to = bytesRead
    for (let at = to - 1; at >= 0; at--) {
      if (buffer[at] !== newline) continue
      yield* whole(buffer.subarray(at + 1, to), position + at + 1)
      to = at
    }
    size += to
    // Of a line beyond the bound only its length is kept.
    rest = size > longest ? [] : [buffer.subarray(0, to), ...rest]
  }
  yield* whole(Buffer.alloc(0), 0)
}
