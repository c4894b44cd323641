// `sys/raw`: the records of the store by their keys, as they lie behind the barrier. For repairs, off unless the configuration
// allows it: who may write here may do everything. What opens the barrier itself is refused. A write goes through the barrier
// as any other, so that every cache of every process that holds the key drops it. https://openbao.org/api-docs/system/raw
import { promisify } from 'node:util'
import { gunzip, gzip } from 'node:zlib'
import { keyringPath, rootKeyPath } from '../barrier/keyring.ts'
import { meterPath } from '../barrier/meter.ts'
import type { Core } from '../core/core.ts'
import { sealKeys } from '../core/seal/records.ts'
import { listing } from '../kit/answer.ts'
import { Fault, invalid } from '../kit/errors.ts'
import { boolean, text } from '../kit/field.ts'
import { listChildren, pageFields } from '../kit/page.ts'
import { type Route, route } from '../kit/route.ts'

const refused = new Set([keyringPath, rootKeyPath, meterPath, ...sealKeys])
/** Read as a whole before each request that follows a change: what is no JSON there would answer every request, its repair too. */
const tables = /^core\/(?:audit|event|mount|namespace|policy|quota)\//
/** Bytes of a value, compressed or not. */
const largest = 33_554_432
/** Vault's mark of a value that it compressed with gzip, and how gzip begins. */
const packedMark = Buffer.from([0x47, 0x1f, 0x8b])

const path = text({ about: 'Key of the record, or of the folder that is listed.', default: '' })
const encoding = text({ about: 'base64 where the value is to be in base64; by default it is text.', default: '' })

function keyOf(path: string): string {
  if (refused.has(path)) throw invalid(`cannot access "${path}"`)
  return path
}

function checkEncoding(encoding: string): void {
  if (encoding !== '' && encoding !== 'base64') throw invalid(`invalid encoding "${encoding}"`)
}

function bytesOf(value: string, encoding: string): Buffer {
  checkEncoding(encoding)
  if (encoding === '') return Buffer.from(value)
  const bytes = Buffer.from(value, 'base64')
  if (bytes.toString('base64') !== value.replace(/[\r\n]/g, '')) throw invalid('value: illegal base64 data')
  return bytes
}

const isPacked = (value: Uint8Array): boolean => packedMark.equals(value.subarray(0, packedMark.length))

const pack = async (value: Uint8Array): Promise<Buffer> => Buffer.concat([packedMark.subarray(0, 1), await promisify(gzip)(value)])

async function unpack(value: Uint8Array): Promise<Uint8Array> {
  try {
    return await promisify(gunzip)(value.subarray(1), { maxOutputLength: largest })
  } catch {
    throw invalid('the value cannot be decompressed: read it with compressed=false')
  }
}

function isJson(value: Uint8Array): boolean {
  try {
    JSON.parse(Buffer.from(value).toString())
    return true
  } catch {
    return false
  }
}

/** What a read gives; says so where the record is not what the barrier sealed there. */
async function opened(read: Promise<Uint8Array | null>): Promise<Uint8Array | null> {
  try {
    return await read
  } catch (cause) {
    throw cause instanceof Fault && cause.code === 'internal' ? invalid('the record does not open: it was altered or moved, and can only be deleted') : cause
  }
}

/** Whether a new value is to be compressed; without a type as the present one is. */
function packs(type: string | undefined, present: Uint8Array | null): boolean {
  if (type === undefined) return present !== null && isPacked(present)
  if (type !== '' && type !== 'none' && type !== 'gzip') throw invalid(`invalid compression type "${type}"`)
  return type === 'gzip'
}

export function rawRoutes(core: Core): Route[] {
  const view = core.barrier.view('')
  return [
    route({
      op: 'list',
      path: 'raw/:path*',
      about: 'Lists the keys of the store below a folder.',
      access: 'sudo',
      takes: { path, ...pageFields },
      run: async (_context, input) => listing(await listChildren(view, input.path === '' ? '' : `${input.path}/`, input)),
    }),
    route({
      op: 'read',
      path: 'raw/:path*',
      about: 'Reads a record of the store, opened.',
      access: 'sudo',
      takes: { path, encoding, compressed: boolean({ about: 'Whether a compressed value is decompressed.', default: true }) },
      async run(_context, input) {
        checkEncoding(input.encoding)
        const stored = await opened(view.get(keyOf(input.path)))
        if (stored === null) return null
        const value = input.compressed && isPacked(stored) ? await unpack(stored) : stored
        return { value: Buffer.from(value).toString(input.encoding === 'base64' ? 'base64' : 'utf8') }
      },
    }),
    route({
      op: 'write',
      path: 'raw/:path*',
      about: 'Writes a record of the store, sealed.',
      access: 'sudo',
      takes: {
        path,
        value: text({ about: 'The value.', secret: true, required: true }),
        encoding,
        compression_type: text({ about: 'gzip, or none; by default as the record that is there.' }),
      },
      exists: async (_context, input) => (await opened(view.get(keyOf(input.path)))) !== null,
      async run(_context, input) {
        const key = keyOf(input.path)
        if (key === '') throw invalid('missing path')
        const bytes = bytesOf(input.value, input.encoding)
        await view.update(async (tx) => {
          const present = await opened(tx.get(key))
          const value = packs(input.compression_type, present) ? await pack(bytes) : bytes
          const json = tables.test(key) || (key.startsWith('core/') && present !== null && isJson(present))
          if (json && !isJson(value)) throw invalid(`"${key}" holds JSON that the server reads: the value is none`)
          tx.put(key, value)
        })
      },
    }),
    route({
      op: 'delete',
      path: 'raw/:path*',
      about: 'Deletes a record of the store.',
      access: 'sudo',
      takes: { path },
      run: (_context, input) => view.delete(keyOf(input.path)),
    }),
  ]
}
