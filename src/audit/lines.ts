// A batch taken apart again, for devices that send each line by itself.

/** The lines of a batch without their newlines. */
export function* linesOf(bytes: Buffer): Generator<Buffer> {
  for (let from = 0; from < bytes.length; ) {
    const end = bytes.indexOf(10, from)
    if (end < 0) return
    yield bytes.subarray(from, end)
    from = end + 1
  }
}
