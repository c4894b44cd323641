// Writing to an open file of any kind without waiting where it is full.
import { write } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'

/** How much was written; 0 where a pipe is full. */
export function writeSome(file: number, bytes: Buffer): Promise<number> {
  return new Promise((resolve, reject) => {
    write(file, bytes, 0, bytes.length, null, (cause, size) => {
      if (cause === null) resolve(size)
      else if (cause.code === 'EAGAIN') resolve(0)
      else reject(cause)
    })
  })
}

/** The time between two tries where a pipe is full. */
export const pause = (): Promise<void> => sleep(5)
