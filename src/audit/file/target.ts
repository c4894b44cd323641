// The open file of a device: appends batches, and notices when the path no longer names it.
import { close, constants, fchmodSync, fstatSync, open, read, stat, writeSync } from 'node:fs'
import { promisify } from 'node:util'
import type { AuditDevice, AuditLimits } from '../../kit/audit.ts'
import { pause, writeSome } from '../descriptor.ts'
import { failure, LineQueue, type Batch } from '../queue.ts'
import { readBack } from './history.ts'
import { isOnLocalDisk } from './location.ts'

const opened = promisify(open)
const closed = promisify(close)
const stats = promisify(stat)

const name = 'audit file'
/** Milliseconds between two looks at whether the path still names the open file. */
const lookEvery = 250
const newline = Buffer.from('\n')

interface Settings {
  path: string
  /** Null leaves the mode of an existing file as it is. */
  mode: number | null
  limits: AuditLimits
}

export class FileTarget implements AuditDevice {
  readonly type = 'file'
  readonly #settings: Settings
  readonly #queue: LineQueue
  #fd = -1
  #identity = ''
  #regular = false
  #local = false
  #looked = 0
  #torn = false
  #fresh = false
  #renew = false

  private constructor(settings: Settings) {
    this.#settings = settings
    this.#queue = new LineQueue({ name, deadlineMs: settings.limits.deadlineMs, put: (batch, signal) => this.#take(batch, signal) })
  }

  static async open(settings: Settings): Promise<FileTarget> {
    const target = new FileTarget(settings)
    await target.#open()
    return target
  }

  get gathering(): boolean {
    return this.#queue.gathering
  }

  write(bytes: Buffer, from?: number, to?: number): Promise<void> {
    return this.#queue.write(bytes, from, to)
  }

  reopen(): Promise<void> {
    this.#renew = true
    return this.#queue.touch()
  }

  history(from: string | null): AsyncIterable<{ line: string; at: string }> {
    return readBack(this.#settings.path, from)
  }

  async close(): Promise<void> {
    await this.#queue.drain()
    const fd = this.#fd
    this.#fd = -1
    // A write that hangs still holds the descriptor: closing it would let the write reach whatever takes its number.
    if (fd >= 0 && !this.#queue.busy) await closed(fd)
  }

  #take(batch: Batch, signal: { readonly aborted: boolean }): Promise<void> | undefined {
    const done = this.#putAtOnce(batch)
    return done > 0 && done === batch.bytes.length ? undefined : this.#put(batch, signal, done)
  }

  /**
   * How much of the batch is in the file already: a write to a local disk ends in the system's memory, sooner than
   * another thread could be woken for it. Whatever is out of the ordinary is left to `#put`.
   */
  #putAtOnce({ bytes }: Batch): number {
    if (!this.#local || this.#fd < 0 || this.#renew || this.#torn || this.#fresh || performance.now() - this.#looked > lookEvery) return 0
    if (bytes.length === 0) return 0
    const size = writeSync(this.#fd, bytes)
    if (size < bytes.length || fstatSync(this.#fd).nlink > 0) return size
    this.#renew = true
    return 0
  }

  async #put(batch: Batch, signal: { readonly aborted: boolean }, done: number): Promise<void> {
    if (this.#fd < 0) throw failure(name, 'it is closed')
    if (this.#regular) {
      const now = performance.now()
      if (this.#renew || now - this.#looked > lookEvery) {
        this.#looked = now
        if (this.#renew || !(await this.#inPlace())) await this.#replace()
      }
    }
    if (batch.bytes.length === 0) return
    await this.#putAll(batch.bytes, signal, done)
    // A file without a name is lost with the process: the lines go to the one that takes its place.
    if (this.#regular && fstatSync(this.#fd).nlink === 0) {
      await this.#replace()
      await this.#putAll(batch.bytes, signal)
    }
    if (this.#fresh) {
      this.#fresh = false
      this.#settings.limits.moved?.(batch.first)
    }
  }

  /** `done`: bytes of it that the file has already. */
  async #putAll(bytes: Buffer, signal: { readonly aborted: boolean }, done = 0): Promise<void> {
    // A line that an earlier write left unfinished stays alone.
    let rest = this.#torn ? Buffer.concat([newline, bytes]) : bytes.subarray(done)
    this.#torn ||= done > 0
    while (rest.length > 0) {
      if (signal.aborted) throw failure(name, 'the write did not end in time')
      const size = await writeSome(this.#fd, rest)
      if (size > 0) {
        rest = rest.subarray(size)
        this.#torn = rest.length > 0
      } else await pause()
    }
  }

  async #inPlace(): Promise<boolean> {
    const found = await stats(this.#settings.path).catch((cause: NodeJS.ErrnoException) => {
      if (cause.code === 'ENOENT') return null
      throw cause
    })
    return found !== null && `${found.dev}:${found.ino}` === this.#identity
  }

  async #replace(): Promise<void> {
    const former = this.#fd
    await this.#open()
    this.#renew = false
    if (former >= 0) await closed(former)
  }

  async #open(): Promise<void> {
    const { path, mode, limits } = this.#settings
    // Non-blocking: a pipe without a reader is refused at once, a full one answers EAGAIN.
    const flags = constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT | constants.O_NONBLOCK
    const fd = await opened(path, limits.folder === null ? flags : flags | constants.O_NOFOLLOW, mode ?? 0o600).catch((cause: unknown) => {
      throw failure(name, 'it cannot be opened', cause)
    })
    const found = fstatSync(fd)
    if (found.isFile() && mode !== null && (found.mode & 0o777) !== mode) fchmodSync(fd, mode)
    const identity = `${found.dev}:${found.ino}`
    this.#torn = found.isFile() && found.size > 0 && (await lastByte(path, found.size)) !== 10
    this.#fresh = this.#identity !== '' && this.#identity !== identity
    this.#identity = identity
    this.#regular = found.isFile()
    this.#local = this.#regular && isOnLocalDisk(path)
    this.#fd = fd
    this.#looked = performance.now()
  }
}

async function lastByte(path: string, size: number): Promise<number> {
  const fd = await opened(path, 'r')
  try {
    const byte = Buffer.alloc(1)
    await promisify(read)(fd, byte, 0, 1, size - 1)
    return byte[0]!
  } finally {
    await closed(fd)
  }
}
