// Bitcoin: private keys in wallet import format, extended keys.
import type { Rule } from '../rule.ts'
import { fromBase58Check, toBase58Check } from './checksum.ts'
import { tokens } from './token.ts'

const isWif = (key: string) => [0x80, 0xef].includes(fromBase58Check(key)?.[0] ?? 0)
const example = Uint8Array.from({ length: 32 }, (_, index) => (index * 37 + 11) & 255)
const isExtended = (key: string) => fromBase58Check(key)?.length === 78

export const bitcoin: Rule[] = [
  ...tokens({
    'bitcoin-wif-key': ['Bitcoin private key (wallet import format)', 'https://en.bitcoin.it/wiki/Wallet_import_format',
      '[5KLc9][1-9A-HJ-NP-Za-km-z]{50,51}', {
      keywords: ['wif', 'priv', 'bitcoin', 'btc', 'wallet', 'key'], check: isWif,
      hits: () => [`WIF=${toBase58Check(Buffer.concat([Buffer.of(0x80), example, Buffer.of(1)]))}`],
        misses: [`WIF=K${'aB3dE6gHiJ'.repeat(5)}a`] }],
    'bitcoin-extended-key': ['Bitcoin extended private key', 'https://github.com/bitcoin/bips/blob/master/bip-0032.mediawiki',
      '[xyzt]prv[1-9A-HJ-NP-Za-km-z]{105,108}', {
      keywords: ['xprv', 'yprv', 'zprv', 'tprv'], check: isExtended,
      hits: () => [toBase58Check(Buffer.concat([Buffer.of(0x04, 0x88, 0xad, 0xe4), Buffer.alloc(9), example, Buffer.alloc(1), example]))],
        misses: [`xprv${'aB3dE6gHiJ'.repeat(11).slice(0, 107)}`] }],
  }),
]
