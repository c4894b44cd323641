import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Text } from '../match/text.ts'
import { Piece, pieceSize } from './piece.ts'
import { decodeAll } from './index.ts'

/** A text of the letters, not the same for two seeds. */
function random(seed: number, length: number, letters: string): Buffer {
  const text = Buffer.alloc(length)
  for (let at = 0; at < length; at++) {
    seed = (Math.imul(seed, 1103515245) + 12345) & 0x7fffffff
    text[at] = letters.charCodeAt((seed >> 8) % letters.length)
  }
  return text
}

function listed(bytes: Buffer, list: (piece: Piece) => number[]): number[] {
  const piece = new Piece()
  const all: number[] = []
  for (let from = 0; from < bytes.length; ) {
    const to = piece.load(bytes, from)
    all.push(...list(piece))
    from = to
  }
  return all
}

const matches = (bytes: Buffer, pattern: RegExp): RegExpMatchArray[] => [...bytes.toString('latin1').matchAll(pattern)]

test('every run of digits is found that a plain search finds', () => {
  for (let seed = 1; seed <= 60; seed++) {
    const bytes = random(seed, seed * 50, `abcdefghijklmnopqrstuvwxyz0123456789+/-_ABCDEFGHIJKLMNOPQRSTUVWXYZ${seed % 2 ? ' ' : ' .,'}`)
    assert.deepEqual(listed(bytes, (piece) => piece.runs()), matches(bytes, /[A-Za-z\d+/_-]{32,}/g).flatMap(({ 0: run, index }) => [index!, index! + run.length]), `seed ${seed}`)
  }
})

test('every escape is found that a plain search finds, also at the borders of pieces', () => {
  const pattern = /%(?=[\da-f]{2})|\\(?=(?:x|u00)[2-9a-f][\da-f])/gi
  for (let seed = 1; seed <= 60; seed++) {
    const bytes = random(seed, seed * 50, '%\\x1u0a7F')
    assert.deepEqual(listed(bytes, (piece) => piece.escapes()), matches(bytes, pattern).map(({ index }) => index!), `seed ${seed}`)
  }
  const bytes = Buffer.alloc(pieceSize + 40, 'z')
  for (const at of [0, pieceSize - 8, pieceSize - 1, pieceSize + 7, bytes.length - 6]) bytes.write('\\u0041', at)
  assert.deepEqual(listed(bytes, (piece) => piece.escapes()), [0, pieceSize - 8, pieceSize - 1, pieceSize + 7, bytes.length - 6])
})

test('says what each encoding says, and nothing of what is no text', () => {
  const said = (text: string): string[] => decodeAll(new Text(Buffer.from(text, 'latin1'))).map(({ encoding, bytes }) => `${encoding} ${bytes.toString('latin1')}`)
  const plain = 'password is hunter2 and more'
  assert.deepEqual(said(`a ${Buffer.from(plain).toString('base64')} b`), [`base64 ${plain}`])
  assert.deepEqual(said(Buffer.from(plain).toString('hex')), [`hex ${plain}`])
  assert.deepEqual(said('x=%70assword%20is x'), ['percent x=password is'])
  assert.deepEqual(said('"\\u0070\\x61ssword"'), ['unicode "password"'])
  assert.deepEqual(said(`${'/'.repeat(64)} 100%d \\n\\x0a ${'a'.repeat(40)}`), [])
  assert.equal(decodeAll(new Text(Buffer.from('%70assword '.repeat(30))), 20).length, 20)
})
