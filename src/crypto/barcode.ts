// A QR code as a PNG image: what phones scan to take over a key.
import { crc32, deflateSync } from 'node:zlib'

/** Modules of white round the code that readers need. ISO/IEC 18004, section 5.3.8. */
const quiet = 4

function chunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data])
  const frame = Buffer.alloc(8 + body.length)
  frame.writeUInt32BE(data.length)
  body.copy(frame, 4)
  frame.writeUInt32BE(crc32(body), 4 + body.length)
  return frame
}

/** Grey of one bit a pixel; `dark` says which of the size × size pixels are black. PNG, third edition, section 11. */
function encodePng(size: number, dark: (x: number, y: number) => boolean): Buffer {
  const row = Math.ceil(size / 8) + 1
  const pixels = Buffer.alloc(row * size)
  for (let y = 0; y < size; y++) {
    for (let x = 0; x < size; x++) if (!dark(x, y)) pixels[y * row + 1 + (x >> 3)]! |= 0x80 >> (x & 7)
  }
  const header = Buffer.alloc(13)
  header.writeUInt32BE(size, 0)
  header.writeUInt32BE(size, 4)
  header[8] = 1
  const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 13, 10, 26, 10])
  return Buffer.concat([signature, chunk('IHDR', header), chunk('IDAT', deflateSync(pixels)), chunk('IEND', Buffer.alloc(0))])
}

/** Pixels on a side as asked for, or as many as the code needs at least. */
export async function encodeBarcode(text: string, wanted: number): Promise<Buffer> {
  const { encodeQR } = await import('qr')
  const modules = encodeQR(text, 'raw', { ecc: 'medium', border: quiet })
  const scale = Math.max(1, Math.floor(wanted / modules.length))
  const size = Math.max(wanted, modules.length)
  const margin = Math.floor((size - scale * modules.length) / 2)
  return encodePng(size, (x, y) => modules[Math.floor((y - margin) / scale)]?.[Math.floor((x - margin) / scale)] ?? false)
}
