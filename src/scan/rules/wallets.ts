// Cryptocurrency: seeds and private keys of wallets, exchanges, nodes and explorers.
import type { Rule } from '../rule.ts'
import { fromBase58Check, hasMnemonic, mnemonicOf, toBase58Check } from './checksum.ts'
import { alnum, hex, lower, near, upper, uuid, wide } from './near.ts'
import { tokens } from './token.ts'

const example = Uint8Array.from({ length: 32 }, (_, index) => (index * 37 + 11) & 255)
const isWif = (key: string) => [0x80, 0xef].includes(fromBase58Check(key)?.[0] ?? 0)
const isExtended = (key: string) => fromBase58Check(key)?.length === 78

export const wallets: Rule[] = [
  {
    id: 'bip39-mnemonic',
    about: 'Seed phrase of a wallet (BIP-39)',
    source: 'https://github.com/bitcoin/bips/blob/master/bip-0039.mediawiki',
    keywords: ['mnemonic', 'seed', 'phrase', 'wallet', 'recovery', 'backup'],
    pattern: /(?<![a-z])(?<secret>(?:[a-z]{3,8}[ ,]{1,2}){11,26}[a-z]{3,8})(?![a-z])/,
    check: hasMnemonic,
    window: 320,
    confidence: 'high',
    hits: [`MNEMONIC="${mnemonicOf(example.subarray(0, 16))}"`, `seed phrase: ${mnemonicOf(example)}`],
    misses: [`mnemonic: ${mnemonicOf(example.subarray(0, 16)).split(' ').reverse().join(' ')}`, 'seed the table with the words that we use for all of the tests we run'],
  },
  ...tokens({
    'bitcoin-wif-key': ['Bitcoin private key (wallet import format)', 'https://en.bitcoin.it/wiki/Wallet_import_format', '[5KLc9][1-9A-HJ-NP-Za-km-z]{50,51}', {
      keywords: ['wif', 'priv', 'bitcoin', 'btc', 'wallet', 'key'], check: isWif,
      hits: [`WIF=${toBase58Check(Buffer.concat([Buffer.of(0x80), example, Buffer.of(1)]))}`], misses: [`WIF=K${'aB3dE6gHiJ'.repeat(5)}a`] }],
    'bitcoin-extended-key': ['Bitcoin extended private key', 'https://github.com/bitcoin/bips/blob/master/bip-0032.mediawiki', '[xyzt]prv[1-9A-HJ-NP-Za-km-z]{105,108}', {
      keywords: ['xprv', 'yprv', 'zprv', 'tprv'], check: isExtended,
      hits: [toBase58Check(Buffer.concat([Buffer.of(0x04, 0x88, 0xad, 0xe4), Buffer.alloc(9), example, Buffer.alloc(1), example]))], misses: [`xprv${'aB3dE6gHiJ'.repeat(11).slice(0, 107)}`] }],
    'solana-keypair': ['Solana private key (array of bytes)', 'https://solana.com/docs', '\\[(?:[0-9]{1,3}, ?){63}[0-9]{1,3}\\]', { keywords: ['solana', 'keypair', 'secret', 'private', 'wallet'], check: list => list.slice(1, -1).split(',').every(byte => Number(byte) < 256),
      pattern: /(?<secret>\[\s{0,4}(?:[0-9]{1,3}\s{0,4},\s{0,4}){63}[0-9]{1,3}\s{0,4}\])/, hits: [`keypair = [${Array.from({ length: 64 }, (_, index) => (index * 73 + 5) % 256).join(',')}]`], misses: ['keypair = [1,2,3]'], window: 400, entropy: 2.5, confidence: 'medium' }],
    'ethereum-node-url': ['Alchemy or Infura node URL', 'https://docs.alchemy.com/', 'https://[a-z0-9-]{3,40}[.](?:g[.]alchemy|alchemyapi|infura)[.](?:com|io)/v[23]/[A-Za-z0-9_-]{32}', { keywords: ['alchemy.com', 'alchemyapi.io', 'infura.io'], misses: ['https://mainnet.infura.io/v3/KEY'] }],
    'quicknode-url': ['QuickNode node URL', 'https://www.quicknode.com/docs', 'https://[a-z0-9.-]{3,80}[.]quiknode[.]pro/[a-f0-9]{40}', { keywords: ['quiknode.pro'], misses: ['https://x.quiknode.pro/'] }],
    'coinbase-cdp-key-name': ['Coinbase Developer Platform key name', 'https://docs.cdp.coinbase.com/', `organizations/${uuid}/apiKeys/${uuid}`, { keywords: ['/apikeys/'] }],
    'stellar-secret-seed': ['Stellar secret seed', 'https://developers.stellar.org/docs/', 'S[A-Z2-7]{55}', { keywords: ['stellar', 'xlm', 'seed', 'secret'], entropy: 3.8, misses: ['seed = SABC'] }],
    'ripple-family-seed': ['XRP Ledger family seed', 'https://xrpl.org/docs/', 's[1-9A-HJ-NP-Za-km-z]{28}', { keywords: ['xrp', 'ripple'], entropy: 3.6, misses: ['xrp seed'], confidence: 'medium' }],
  }),
  ...near({
    'ethereum-private-key': ['Ethereum private key', 'https://ethereum.org/en/developers/docs/accounts/', 'private key|privatekey|priv key|deployer key|wallet key|eth key', '(?:0x)?[a-fA-F0-9]{64}', { strict: true, pattern: /(?i:priv(?:ate)?[-_ ]?key|deployer[-_ ]?key|wallet[-_ ]?key|signer[-_ ]?key)["'\]]{0,2}\s{0,3}(?:=>|:=|[=:,(])\s{0,3}["'\x60]?(?<secret>(?:0x)?[a-fA-F0-9]{64})(?![A-Za-z0-9])/, keywords: ['private', 'priv_key', 'privkey', 'deployer', 'wallet', 'signer'], entropy: 3, hits: [`PRIVATE_KEY=0x${'0a1b2c3d4e5f6789'.repeat(4)}`, `"privateKey": "${'9f8e7d6c5b4a3210'.repeat(4)}"`] }],
    'solana-private-key': ['Solana private key', 'https://solana.com/docs', 'solana|phantom', '[1-9A-HJ-NP-Za-km-z]{86,88}', { entropy: 4.5 }],
    'coinbase-key': ['Coinbase key or secret', 'https://docs.cdp.coinbase.com/', 'coinbase', `${wide(64)}|${alnum(16)}|${alnum(32)}|[A-Za-z0-9+/]{86}==`, { strict: true, entropy: 3.3 }],
    'binance-key': ['Binance key or secret', 'https://developers.binance.com/docs/', 'binance', alnum(64), { entropy: 4 }],
    'kraken-key': ['Kraken key or secret', 'https://docs.kraken.com/api/', 'kraken', '[A-Za-z0-9/+=]{80,90}|[A-Za-z0-9/+=]{56}', { entropy: 4 }],
    'kucoin-key': ['KuCoin key', 'https://www.kucoin.com/docs/', 'kucoin', hex(24)],
    'kucoin-secret': ['KuCoin secret', 'https://www.kucoin.com/docs/', 'kucoin', uuid],
    'bittrex-key': ['Bittrex key or secret', 'https://bittrex.github.io/api/v3', 'bittrex', lower(32)],
    'bitfinex-key': ['Bitfinex key or secret', 'https://docs.bitfinex.com/docs', 'bitfinex', alnum(43)],
    'bitmex-key': ['BitMEX key or secret', 'https://www.bitmex.com/app/apiKeysUsage', 'bitmex', `${wide(48)}|${wide(24)}`, { entropy: 3.3 }],
    'bitstamp-key': ['Bitstamp key or secret', 'https://www.bitstamp.net/api/', 'bitstamp', alnum(32), { entropy: 3.6 }],
    'bybit-key': ['Bybit key or secret', 'https://bybit-exchange.github.io/docs/', 'bybit', `${alnum(36)}|${alnum(18)}`, { strict: true, entropy: 3.3 }],
    'okx-key': ['OKX key or secret', 'https://www.okx.com/docs-v5/en/', 'okx|okex', `${uuid}|[A-F0-9]{32}`],
    'gateio-key': ['Gate.io key or secret', 'https://www.gate.io/docs/', 'gateio|gate io', `${hex(64)}|${hex(32)}`],
    'huobi-key': ['HTX (Huobi) key', 'https://www.htx.com/en-us/opend/', 'huobi|htx', '[a-f0-9]{8}-[a-f0-9]{8}-[a-f0-9]{8}-[a-f0-9]{5}|[a-z0-9]{10}-[a-f0-9]{8}-[a-f0-9]{8}-[a-f0-9]{5}'],
    'gemini-key': ['Gemini key or secret', 'https://docs.gemini.com/', 'gemini', '(?:account|master)-[A-Za-z0-9]{20}|[A-Za-z0-9]{27,28}', { entropy: 3.3 }],
    'poloniex-key': ['Poloniex key or secret', 'https://api-docs.poloniex.com/', 'poloniex', `${upper(8)}-${upper(8)}-${upper(8)}-${upper(8)}|${hex(128)}`],
    'cexio-key': ['CEX.IO key or secret', 'https://docs.cex.io/', 'cexio|cex io|cex', `${alnum('24,27')}|[a-z]{2}[0-9]{9}`, { entropy: 2.8 }],
    'luno-key': ['Luno key or secret', 'https://www.luno.com/en/developers/', 'luno', `${wide(43)}|${lower(13)}`],
    'bitvavo-key': ['Bitvavo key or secret', 'https://docs.bitvavo.com/', 'bitvavo', hex('64,128')],
    'deribit-key': ['Deribit key or secret', 'https://docs.deribit.com/', 'deribit', wide('43,44'), { entropy: 4 }],
    'metaapi-token': ['MetaApi token', 'https://metaapi.cloud/docs/', 'metaapi', 'ey[A-Za-z0-9_-]{20,400}[.]ey[A-Za-z0-9_-]{60,2000}[.][A-Za-z0-9_-]{300,800}|[0-9a-f]{64}', { window: 2200 }],
    'etherscan-key': ['Etherscan key', 'https://docs.etherscan.io/', 'etherscan', upper(34)],
    'bscscan-key': ['BscScan key', 'https://docs.bscscan.com/', 'bscscan', upper(34)],
    'chain-explorer-key': ['Key of a chain explorer', 'https://docs.polygonscan.com/', 'polygonscan|arbiscan|snowtrace|ftmscan|basescan|optimistic etherscan', upper(34)],
    'ethplorer-key': ['Ethplorer key', 'https://github.com/EverexIO/Ethplorer/wiki', 'ethplorer', 'EK-[A-Za-z0-9]{5}-[A-Za-z0-9]{7}-[A-Za-z0-9]{5}|[A-Za-z0-9_.-]{22,24}'],
    'infura-key': ['Infura key', 'https://docs.infura.io/', 'infura', hex(32)],
    'alchemy-key-named': ['Alchemy key', 'https://docs.alchemy.com/', 'alchemy', wide(32), { entropy: 3.5 }],
    'moralis-key': ['Moralis key', 'https://docs.moralis.io/', 'moralis', alnum(64)],
    'blocknative-key': ['Blocknative key', 'https://docs.blocknative.com/', 'blocknative', uuid],
    'nftport-key': ['NFTPort key', 'https://docs.nftport.xyz/', 'nftport', '[a-z0-9]{8}-[a-z0-9]{4}-[a-z0-9]{4}-[a-z0-9]{4}-[a-z0-9]{12}'],
    'web3storage-key': ['web3.storage token', 'https://web3.storage/docs/', 'web3|web3storage|nftstorage', 'eyJ[A-Za-z0-9_-]{30,60}[.]ey[A-Za-z0-9_-]{60,200}[.][A-Za-z0-9_-]{43}', { window: 600 }],
    'pinata-secret': ['Pinata secret', 'https://docs.pinata.cloud/', 'pinata', `${hex(64)}|${hex(20)}`],
    'purestake-key': ['PureStake key', 'https://developer.purestake.io/', 'purestake', alnum(40)],
    'glassnode-key': ['Glassnode key', 'https://docs.glassnode.com/', 'glassnode', alnum(27)],
    'coinapi-key': ['CoinAPI key', 'https://docs.coinapi.io/', 'coinapi', `[A-Z0-9]{8}-[A-Z0-9]{4}-[A-Z0-9]{4}-[A-Z0-9]{4}-[A-Z0-9]{12}|${uuid}`],
    'coinmarketcap-key': ['CoinMarketCap key', 'https://coinmarketcap.com/api/documentation/', 'coinmarketcap|cmc pro', uuid],
    'coingecko-key': ['CoinGecko key', 'https://docs.coingecko.com/', 'coingecko', 'CG-[A-Za-z0-9]{24}'],
    'cryptocompare-key': ['CryptoCompare key', 'https://min-api.cryptocompare.com/documentation', 'cryptocompare', alnum(64)],
    'worldcoinindex-key': ['WorldCoinIndex key', 'https://www.worldcoinindex.com/apiservice', 'worldcoinindex', alnum(35)],
    'nownodes-key': ['NOWNodes key', 'https://nownodes.io/', 'nownodes', `${uuid}|[A-Za-z0-9]{32}`],
    'blockfrost-key': ['Blockfrost key', 'https://docs.blockfrost.io/', 'blockfrost|mainnet|preprod', '(?:mainnet|preprod|preview|testnet|ipfs)[A-Za-z0-9]{32}', { entropy: 3.5 }],
    'helius-key': ['Helius key', 'https://docs.helius.dev/', 'helius', uuid],
    'moonpay-key': ['MoonPay secret', 'https://dev.moonpay.com/', 'moonpay|sk_', 'sk_(?:live|test)_[A-Za-z0-9]{30,34}', { keywords: ['moonpay'], pattern: /(?i:moonpay)(?:.|\r?\n){0,40}?(?<secret>sk_(?:live|test)_[A-Za-z0-9]{30,34})(?![A-Za-z0-9])/ }],
  }),
]
