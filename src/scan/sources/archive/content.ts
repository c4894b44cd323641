// Bytes that are read where they are needed: of a buffer, a file, or a part of either.
import { closeSync, fstatSync, openSync, readSync } from 'node:fs'

export interface Content {
  readonly length: number
  /** The bytes of a range, cut at the end. */
  read(from: number, to: number): Buffer
  /** A range as content of its own; nothing is read. */
  part(from: number, to: number): Content
}

export function contentOf(bytes: Buffer): Content {
  return {
    length: bytes.length,
    read: (from, to) => bytes.subarray(Math.max(0, from), Math.max(0, to)),
    part: (from, to) => contentOf(bytes.subarray(Math.max(0, from), Math.max(0, to))),
  }
}

export interface FileContent extends Content {
  close(): void
}

/** An open file; throws what the file system throws. */
export function openFile(file: string): FileContent {
  const descriptor = openSync(file, 'r')
  return { ...range(descriptor, 0, fstatSync(descriptor).size), close: () => closeSync(descriptor) }
}

function range(descriptor: number, start: number, end: number): Content {
  const length = Math.max(0, end - start)
  const clip = (at: number): number => start + Math.min(Math.max(0, at), length)
  return {
    length,
    read(from, to) {
      const bytes = Buffer.allocUnsafe(Math.max(0, clip(to) - clip(from)))
      let filled = 0
      while (filled < bytes.length) {
        const count = readSync(descriptor, bytes, filled, bytes.length - filled, clip(from) + filled)
        if (count === 0) break
        filled += count
      }
      return bytes.subarray(0, filled)
    },
    part: (from, to) => range(descriptor, clip(from), clip(to)),
  }
}
