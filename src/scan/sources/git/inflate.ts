// Undoes zlib compression with one decompressor for all objects: to make one for each, as `inflateSync` does, costs more than
// what is in most of them. The runtime does not document how to use one again and again, so where that looks otherwise it is not done.
import { constants, createInflate, inflateSync, type Inflate } from 'node:zlib'

interface Engine {
  reset(): void
  writeSync(flush: number, input: Uint8Array, inputAt: number, inputSize: number, output: Uint8Array, outputAt: number, outputSize: number): void
}

/** What the runtime's own functions use: the state holds how many bytes were left of output and input. */
type Inner = Inflate & { _handle?: Partial<Engine> | null; _writeState?: Uint32Array }

/** Null where the runtime has no such functions, undefined until that is known and after each failure. */
let made: { stream: Inner; engine: Engine; state: Uint32Array } | null | undefined

function decompressor(): NonNullable<typeof made> | null {
  if (made !== undefined) return made
  const stream: Inner = createInflate()
  const { _handle: engine, _writeState: state } = stream
  if (typeof engine?.reset !== 'function' || typeof engine.writeSync !== 'function' || !(state instanceof Uint32Array)) return (made = null)
  // What fails is thrown; the stream says it as well, to nobody.
  stream.on('error', () => {})
  return (made = { stream, engine: engine as Engine, state })
}

const spare = new Uint8Array(1)

/** Fills the target with what the bytes begin with; throws where that is broken, less or more. */
export function inflate(packed: Uint8Array, target: Uint8Array): void {
  const held = decompressor()
  if (held === null || target.length === 0) {
    const bytes = inflateSync(packed, { chunkSize: Math.max(64, target.length + 1), maxOutputLength: target.length + 1 })
    if (bytes.length !== target.length) throw broken()
    return target.set(bytes)
  }
  const { engine, state, stream } = held
  engine.reset()
  engine.writeSync(constants.Z_FINISH, packed, 0, packed.length, target, 0, target.length)
  const isFull = !stream.errored && state[0] === 0
  // Once more for the byte that would be too much.
  if (isFull) engine.writeSync(constants.Z_FINISH, packed, packed.length, 0, spare, 0, 1)
  if (isFull && !stream.errored && state[0] === 1) return
  made = undefined
  stream.destroy()
  throw broken()
}

const broken = (): Error => new Error('the compressed data is broken')
