// Stripe: secret, restricted and publishable keys, webhooks, payment intents.
import type { Rule } from '../rule.ts'
import { tokens } from './token.ts'

const stripe = 'https://docs.stripe.com/keys'

export const stripeRules: Rule[] = [
  ...tokens({
    'stripe-secret-key': ['Stripe secret key', stripe, 'sk_(?:live|test|prod)_[A-Za-z0-9]{10,247}', { keywords: ['sk_live_', 'sk_test_',
      'sk_prod_'], entropy: 3 }],
    'stripe-restricted-key': ['Stripe restricted key', stripe, 'rk_(?:live|test|prod)_[A-Za-z0-9]{10,247}', { keywords: ['rk_live_',
      'rk_test_', 'rk_prod_'], entropy: 3 }],
    'stripe-webhook-secret': ['Stripe webhook signing secret', 'https://docs.stripe.com/webhooks', 'whsec_[A-Za-z0-9+/]{32,64}',
      { entropy: 3 }],
    'stripe-payment-intent': ['Stripe payment intent client secret', 'https://docs.stripe.com/payments/payment-intents',
      'pi_[A-Za-z0-9]{24}_secret_[A-Za-z0-9]{25}', { keywords: ['_secret_'], misses: ['pi_x_secret_y'] }],
    'stripe-publishable-key': ['Stripe publishable key', stripe, 'pk_live_[A-Za-z0-9]{24,247}', { confidence: 'low', entropy: 3 }],
  }),
]
