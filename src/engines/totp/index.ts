// The totp engine: it makes one-time codes like an authenticator, and checks those of others. RFC 6238.
import type { TOTP } from 'otpauth'
import { listing } from '../../kit/answer.ts'
import { invalid } from '../../kit/errors.ts'
import { boolean, duration, integer, list, text } from '../../kit/field.ts'
import { listChildren, pageFields } from '../../kit/page.ts'
import { route, type Context, type Engine } from '../../kit/route.ts'
import type { Reader } from '../../kit/view.ts'
import { encodeBarcode } from '../../crypto/barcode.ts'

interface Key {
  /** Base32 without padding. */
  secret: string
  issuer: string
  account: string
  /** Seconds. */
  period: number
  algorithm: string
  digits: number
  /** Periods before and after the present one whose codes are taken. */
  skew: number
}

const folder = 'key/'
/** The counters whose codes were taken already, while they could still come again. */
const usedFolder = 'used/'
const algorithms = ['SHA1', 'SHA256', 'SHA512']
const namePattern = /^\w(?:[\w.@-]*\w)?$/

const findKey = (store: Reader, name: string): Promise<Key | null> => store.read<Key>(folder + name)

async function needKey(store: Reader, name: string): Promise<Key> {
  const key = await findKey(store, name)
  if (!key) throw invalid(`unknown key: ${name}`)
  return key
}

async function otpOf(key: Key): Promise<TOTP> {
  const { Secret, TOTP } = await import('otpauth')
  return new TOTP({ issuer: key.issuer, label: key.account, secret: Secret.fromBase32(key.secret), algorithm: key.algorithm, digits: key.digits, period: key.period })
}

function parseSecret(raw: string): string {
  const secret = raw.replaceAll(/[\s=]/g, '').toUpperCase()
  if (!/^[A-Z2-7]+$/.test(secret)) throw invalid('invalid key value: expected base32')
  return secret
}

/** What `otpauth://totp/Issuer:account?secret=…` says. https://github.com/google/google-authenticator/wiki/Key-Uri-Format */
function parseUrl(raw: string): Record<string, string> {
  let url: URL
  let label: string
  try {
    url = new URL(raw)
    label = decodeURIComponent(url.pathname.replace(/^\/+(?:totp\/)?/, ''))
  } catch {
    throw invalid('an error occurred while parsing url string')
  }
  if (url.protocol !== 'otpauth:') throw invalid('url: expected otpauth://totp/…')
  const at = label.indexOf(':')
  const query = Object.fromEntries(url.searchParams)
  return { issuer: at < 0 ? '' : label.slice(0, at), account_name: label.slice(at + 1).trim(), ...query }
}

const name = text({ about: 'Name of the key.', required: true })

const fields = {
  name,
  generate: boolean({ about: 'Make a key here instead of taking one.', default: false }),
  exported: boolean({ about: 'Show a key that is made, as URL and barcode, this once.', default: true }),
  key_size: integer({ about: 'Bytes of a key that is made.', default: 20 }),
  key: text({ about: 'The key to take, base32.', secret: true, default: '' }),
  url: text({ about: 'The key to take with its settings, as otpauth://totp/…', secret: true, default: '' }),
  issuer: text({ about: 'Who the codes are for; needed for keys that are made.', default: '' }),
  account_name: text({ about: 'Whose codes they are; needed for keys that are made.', default: '' }),
  period: duration({ about: 'Seconds that a code lasts.', default: 30 }),
  algorithm: text({ about: `Hash: ${algorithms.join(', ')}.`, default: 'SHA1' }),
  digits: integer({ about: 'Digits of a code: 6 or 8.', default: 6 }),
  skew: integer({ about: 'Periods before and after the present one whose codes are taken: 0 or 1.', default: 1 }),
  qr_size: integer({ about: 'Pixels on a side of the barcode; 0 for none.', default: 200 }),
}

interface Given {
  generate: boolean
  key: string
  url: string
  key_size: number
  issuer: string
  account_name: string
  period: number
  algorithm: string
  digits: number
  skew: number
  qr_size: number
}

/** The key that the request describes; throws `invalid` where it cannot be one. */
async function keyFrom(context: Context, input: Given): Promise<Key> {
  if (input.generate && input.key !== '') throw invalid('a key should not be passed if generate is true')
  if (input.generate && input.url !== '') throw invalid('a url should not be passed if generate is true')
  const told = input.url === '' ? {} : parseUrl(input.url)
  const number = (text: string | undefined, otherwise: number): number => (text === undefined ? otherwise : Number(text))
  const key = {
    issuer: told.issuer || input.issuer,
    account: told.account_name ?? input.account_name,
    period: number(told.period, input.period),
    algorithm: told.algorithm ?? input.algorithm,
    digits: number(told.digits, input.digits),
    skew: input.skew,
  }
  if (key.digits !== 6 && key.digits !== 8) throw invalid('the digits value can only be 6 or 8')
  if (!algorithms.includes(key.algorithm)) throw invalid('the algorithm value is not valid')
  if (!Number.isInteger(key.period) || key.period <= 0) throw invalid('the period value must be greater than zero')
  if (key.skew !== 0 && key.skew !== 1) throw invalid('the skew value must be 0 or 1')
  if (input.qr_size < 0 || input.qr_size > 4096) throw invalid('the qr_size value must be from 0 to 4096')
  if (input.key_size <= 0 || input.key_size > 1024) throw invalid('the key_size value must be from 1 to 1024')
  if (!input.generate) {
    const secret = told.secret ?? input.key
    if (secret === '') throw invalid('the key value is required')
    return { ...key, secret: parseSecret(secret) }
  }
  if (key.account === '') throw invalid('the account_name value is required for generated keys')
  if (key.issuer === '') throw invalid('the issuer value is required for generated keys')
  const bytes = Uint8Array.from(context.random(input.key_size))
  const { Secret } = await import('otpauth')
  return { ...key, secret: new Secret({ buffer: bytes.buffer }).base32 }
}

const read = route({
  op: 'read',
  path: 'keys/:name',
  about: 'The settings of a key, never the key itself.',
  takes: { name },
  async run(context, input) {
    const key = await findKey(context.store, input.name)
    return key && { issuer: key.issuer, account_name: key.account, period: key.period, algorithm: key.algorithm, digits: key.digits }
  },
})

const write = route({
  op: 'write',
  path: 'keys/:name',
  about: 'Make a key, or take one that was made elsewhere.',
  takes: fields,
  gives: {
    url: text({ about: 'The key as otpauth://totp/…', secret: true }),
    barcode: text({ about: 'The same as a QR code: PNG, base64.', secret: true }),
  },
  async run(context, input) {
    if (!namePattern.test(input.name)) throw invalid('name: letters, digits, and . - _ @ inside')
    const key = await keyFrom(context, input)
    await context.store.update((tx) => {
      tx.write(folder + input.name, key)
      tx.delete(usedFolder + input.name)
    })
    if (!input.generate || !input.exported) return
    const url = (await otpOf(key)).toString()
    return input.qr_size === 0 ? { url } : { url, barcode: (await encodeBarcode(url, input.qr_size)).toString('base64') }
  },
})

const remove = route({
  op: 'delete',
  path: 'keys/:name',
  about: 'Delete a key.',
  takes: { name },
  run: (context, input) => context.store.update((tx) => {
    tx.delete(folder + input.name)
    tx.delete(usedFolder + input.name)
  }),
})

const listKeys = route({
  op: 'list',
  path: 'keys',
  about: 'The names of the keys.',
  takes: pageFields,
  gives: { keys: list({ about: 'Names.' }) },
  run: async (context, input) => listing(await listChildren(context.store, folder, input)),
})

const generate = route({
  op: 'read',
  path: 'code/:name',
  about: 'The present code of a key.',
  takes: { name },
  gives: { code: text({ about: 'The code.', secret: true }) },
  run: async (context, input) => ({ code: (await otpOf(await needKey(context.store, input.name))).generate({ timestamp: context.now() }) }),
})

const validate = route({
  op: 'write',
  path: 'code/:name',
  about: 'Tell whether a code is the present one of a key; each is taken once.',
  takes: { name, code: text({ about: 'The code.', secret: true, default: '' }) },
  gives: { valid: boolean({ about: 'Whether it is.' }) },
  async run(context, input) {
    if (input.code === '') throw invalid('the code value is required')
    const key = await needKey(context.store, input.name)
    const delta = (await otpOf(key)).validate({ token: input.code, timestamp: context.now(), window: key.skew })
    if (delta === null) return { valid: false }
    const present = Math.floor(context.now() / 1000 / key.period)
    await context.store.update(async (tx) => {
      const used = (await tx.read<number[]>(usedFolder + input.name)) ?? []
      if (used.includes(present + delta)) throw invalid('code already used; wait until the next time period')
      tx.write(usedFolder + input.name, [...used.filter((counter) => counter >= present - key.skew), present + delta])
    })
    return { valid: true }
  },
})

export const totp: Engine = {
  type: 'totp',
  about: 'Makes and checks time-based one-time codes.',
  routes: [listKeys, read, write, remove, generate, validate],
}
