// Secret stores and password managers: the key to all the others.
import type { Rule } from '../rule.ts'
import { near, upper, wide } from './near.ts'
import { joined } from './shape.ts'
import { tokens } from './token.ts'

export const vaults: Rule[] = [
  ...tokens({
    'infisical-service-token': ['Infisical service token', 'https://infisical.com/docs/',
      'st[.][a-f0-9]{24}[.][a-f0-9]{32}[.][a-f0-9]{32}', { keywords: ['st.'] }],
    'akeyless-access-id': ['Akeyless access id', 'https://docs.akeyless.io/', 'p-[a-z0-9]{12,14}', { keywords: ['akeyless'],
      confidence: 'low', misses: ['akeyless'],
      pattern: /(?i:akeyless)(?:.|\r?\n){0,40}?(?<![A-Za-z0-9_-])(?<secret>p-[a-z0-9]{12,14})(?![A-Za-z0-9_-])/,
      hits: ['AKEYLESS_ACCESS_ID=p-a1b2c3d4e5f6'] }],
    'age-secret-key': ['age secret key', 'https://age-encryption.org/v1', 'AGE-SECRET-KEY-1[QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L]{58}'],
    'age-plugin-identity': ['age plugin identity', 'https://github.com/C2SP/C2SP/blob/main/age-plugin.md',
      'AGE-PLUGIN-[A-Z0-9-]{2,30}-1[QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L]{40,200}', { keywords: ['age-plugin-'] }],
  }),
  ...near({
    'infisical-client-secret': ['Infisical client secret', 'https://infisical.com/docs/', 'infisical', '[a-f0-9]{64}'],
    'conjur-api-key': ['CyberArk Conjur API key', 'https://docs.cyberark.com/', 'conjur', '[a-z0-9]{50,60}', { strict: true,
      entropy: 3.6 }],
    'delinea-secret': ['Delinea client secret', 'https://docs.delinea.com/', 'delinea|thycotic', wide(43), { entropy: 4 }],
    'keeper-token': ['Keeper one-time token or config', 'https://docs.keeper.io/en/secrets-manager', 'keeper|ksm',
      '(?:US|EU|AU|GOV|JP|CA):[A-Za-z0-9_-]{43}', { strict: true }],
    'lastpass-provisioning-hash': ['LastPass provisioning hash', 'https://support.lastpass.com/', 'lastpass|provhash', '[a-f0-9]{64}',
      { strict: true }],
    'dashlane-key': ['Dashlane service account key', 'https://cli.dashlane.com/', 'dashlane', 'dls_[A-Z0-9]{8,24}_[a-f0-9]{32,64}'],
    'recovery-code': ['Two-factor recovery codes', 'https://datatracker.ietf.org/doc/html/rfc6238',
      'recovery code|backup code|recovery codes|backup codes', '[A-Za-z0-9]{4,5}-[A-Za-z0-9]{4,5}(?:-[A-Za-z0-9]{4,5}){0,6}',
      { confidence: 'low', entropy: 2.5, generic: true,
      check: secret => /\d/.test(secret) && /[A-Za-z]/.test(secret) && secret.length >= 11 }],
    'totp-seed': ['One-time password seed', 'https://github.com/google/google-authenticator/wiki/Key-Uri-Format', 'otpauth|totp',
      '[A-Z2-7]{16,64}={0,6}', { strict: true, entropy: 3, check: () => true,
      pattern: joined(
        /(?:otpauth:\/\/[ht]otp\/[^\s"'<>]{0,200}?[?&]secret=|(?i:totp|otp|mfa|2fa)[-_ ]?(?i:secret|seed|key)["']?\s{0,3}[=:]\s{0,3}["']?)/,
        /(?<secret>[A-Z2-7]{16,64})(?![A-Za-z0-9])/,
      ),
        keywords: ['otpauth', 'totp', 'otp_s', 'mfa_s', '2fa_s'], misses: ['otpauth://totp/a?secret=SHORT'],
      hits: [`otpauth://totp/acme:jo?secret=${'JBSWY3DPEHPK3PXP'}&issuer=acme`] }],
    'product-key': ['Product key', 'https://learn.microsoft.com/en-us/windows-server/get-started/kms-client-activation-keys',
      'product key|license key|licence key|serial', `${upper(5)}(?:-${upper(5)}){4}`, { strict: true, confidence: 'low' }],
  }),
]
