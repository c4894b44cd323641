// Shops, subscriptions, logistics and the services of shop keepers.
import type { Rule } from '../rule.ts'
import { alnum, hex, lower, near, uuid, wide } from './near.ts'
import { tokens } from './token.ts'

export const commerce: Rule[] = [
  ...tokens({
    'woocommerce-secret': ['WooCommerce consumer secret', 'https://woocommerce.github.io/woocommerce-rest-api-docs/',
      'c[sk]_[a-f0-9]{40}', { keywords: ['cs_', 'ck_'], entropy: 3 }],
    'medusa-key': ['Medusa secret key', 'https://docs.medusajs.com/', 'sk_[a-f0-9]{64}', { keywords: ['medusa', 'sk_'], entropy: 3 }],
    'amazon-seller-refresh-token': ['Amazon Selling Partner refresh token', 'https://developer-docs.amazon.com/sp-api/',
      'Atz[ra][|]IwE[A-Za-z0-9_-]{200,600}', { keywords: ['atzr|', 'atza|'], window: 700 }],
    'ebay-cert-id': ['eBay production certificate id', 'https://developer.ebay.com/',
      '(?:PRD|SBX)-[a-f0-9]{12}-[a-f0-9]{4}-[a-f0-9]{4}-[a-f0-9]{4}-[a-f0-9]{4}', { keywords: ['prd-', 'sbx-'] }],
    'snipcart-key': ['Snipcart secret key', 'https://docs.snipcart.com/', 'S_[A-Za-z0-9]{70,76}', { keywords: ['snipcart'],
      misses: ['snipcart S_x'], hits: [`SNIPCART=S_${'aB3dE6gHi'.repeat(8)}`] }],
    'fleetbase-key': ['Fleetbase key', 'https://docs.fleetbase.io/', 'flb_(?:live|test)_[A-Za-z0-9]{20}', { keywords: ['flb_live_',
      'flb_test_'] }],
  }),
  ...near({
    'bigcommerce-token': ['BigCommerce token', 'https://developer.bigcommerce.com/', 'bigcommerce|x auth token', lower('31,64'),
      { strict: true, entropy: 3.4 }],
    'magento-token': ['Adobe Commerce (Magento) token', 'https://developer.adobe.com/commerce/', 'magento', lower(32)],
    'ecwid-token': ['Ecwid token', 'https://api-docs.ecwid.com/', 'ecwid', 'secret_[A-Za-z0-9]{32}|public_[A-Za-z0-9]{32}'],
    'etsy-key': ['Etsy keystring', 'https://developers.etsy.com/', 'etsy', lower(24)],
    'loyverse-token': ['Loyverse token', 'https://developer.loyverse.com/', 'loyverse', hex(32)],
    'vend-token': ['Vend (Lightspeed) token', 'https://x-series-api.lightspeedhq.com/', 'vend',
      '[0-9A-Za-z]{22}_[A-Za-z0-9]{32}|2[A-Za-z0-9]{21}_[A-Za-z0-9]{32}', { strict: true }],
    'swell-key': ['Swell key', 'https://developers.swell.is/', 'swell', `sk_(?:live|test)_[A-Za-z0-9]{32}|${alnum(32)}`, { strict: true }],
    'printful-key': ['Printful key', 'https://developers.printful.com/', 'printful', alnum(40)],
    'shipengine-key': ['ShipEngine key', 'https://www.shipengine.com/docs/', 'shipengine', '(?:TEST_)?[A-Za-z0-9+/]{43}'],
    'shipstation-secret': ['ShipStation secret', 'https://www.shipstation.com/docs/api/', 'shipstation', hex(32)],
    'aftership-key': ['AfterShip key', 'https://www.aftership.com/docs/', 'aftership', `asat_[a-f0-9]{32}|${uuid}`],
    'sendcloud-secret': ['Sendcloud secret', 'https://api.sendcloud.dev/docs/', 'sendcloud', hex(32)],
    'sellix-key': ['Sellix key', 'https://developers.sellix.io/', 'sellix', alnum(64)],
    'sirv-secret': ['Sirv client secret', 'https://apidocs.sirv.com/', 'sirv', '[A-Za-z0-9+/=-]{88}|[A-Za-z0-9]{26}'],
    'yotpo-key': ['Yotpo secret', 'https://core-api.yotpo.com/', 'yotpo', alnum(40)],
    'trustpilot-key': ['Trustpilot key', 'https://developers.trustpilot.com/', 'trustpilot', alnum(32)],
    'jumpseller-token': ['Jumpseller token', 'https://jumpseller.com/support/api/', 'jumpseller', hex(32)],
    'simvoly-key': ['Simvoly key', 'https://simvoly.com/', 'simvoly', lower(33)],
    'postageapp-key': ['PostageApp key', 'https://postageapp.com/docs/', 'postageapp', alnum(32)],
    'uber-secret': ['Uber client secret', 'https://developer.uber.com/docs/', 'uber', wide(40), { strict: true, entropy: 4 }],
    'doordash-secret': ['DoorDash signing secret', 'https://developer.doordash.com/', 'doordash', wide(43), { entropy: 4 }],
    'clover-token': ['Clover token', 'https://docs.clover.com/', 'clover', uuid, { strict: true }],
  }),
]
