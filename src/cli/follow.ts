// The lines that a file grows by. A file that is replaced or cut is begun anew.
import { closeSync, fstatSync, openSync, readSync, statSync } from 'node:fs'

/** Calls `print` for each further line until the process ends. */
export async function follow(file: string, print: (line: string) => void): Promise<never> {
  let handle = openSync(file, 'r')
  let { size: at, ino } = fstatSync(handle)
  let rest = Buffer.alloc(0)
  const chunk = Buffer.alloc(64 * 1024)
  for (;;) {
    for (let count = readSync(handle, chunk, 0, chunk.length, at); count > 0; count = readSync(handle, chunk, 0, chunk.length, at)) {
      at += count
      rest = Buffer.concat([rest, chunk.subarray(0, count)])
      for (let end = rest.indexOf(10); end >= 0; end = rest.indexOf(10)) {
        print(rest.toString('utf8', 0, end))
        rest = rest.subarray(end + 1)
      }
    }
    await new Promise((done) => setTimeout(done, 250))
    const now = statSync(file, { throwIfNoEntry: false })
    if (now === undefined || (now.ino === ino && now.size >= at)) continue
    closeSync(handle)
    handle = openSync(file, 'r')
    ;({ ino } = fstatSync(handle))
    at = 0
    rest = Buffer.alloc(0)
  }
}
