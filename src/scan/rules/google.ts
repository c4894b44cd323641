// Google: API keys, OAuth secrets, service accounts and services bought by Google.
import type { Rule } from '../rule.ts'
import { near, wide } from './near.ts'
import { joined } from './shape.ts'
import { tokens } from './token.ts'

const auth = 'https://cloud.google.com/docs/authentication/api-keys'
const oauth = 'https://developers.google.com/identity/protocols/oauth2'

export const google: Rule[] = [
  ...tokens({
    'google-api-key': ['Google API key', auth, 'AIza[A-Za-z0-9_-]{35}', { entropy: 3 }],
    'google-cloud-express-api-key': ['Google Cloud API key bound to a service account', auth, 'AQ[.]Ab8RN6[A-Za-z0-9_-]{40,64}'],
    'google-oauth-client-secret': ['Google OAuth client secret', oauth, 'GOCSPX-[A-Za-z0-9_-]{28}'],
    'google-oauth-access-token': ['Google OAuth access token', oauth, 'ya29[.][A-Za-z0-9_-]{20,1000}', { entropy: 3 }],
    'google-oauth-refresh-token': ['Google OAuth refresh token', oauth, '1//0[A-Za-z0-9_-]{40,200}', { keywords: ['1//0'], entropy: 3.5 }],
    'google-oauth-client-id': ['Google OAuth client id', oauth, '[0-9]{10,13}-[a-z0-9]{32}[.]apps[.]googleusercontent[.]com',
      { keywords: ['apps.googleusercontent.com'], confidence: 'low', misses: ['123.apps.googleusercontent.com'] }],
    'google-fcm-server-key': ['Firebase Cloud Messaging server key', 'https://firebase.google.com/docs/cloud-messaging/auth-server',
      'AAAA[A-Za-z0-9_-]{7}:APA91[A-Za-z0-9_-]{120,180}', { keywords: [':apa91'], misses: ['AAAAabcdefg:APA91'] }],
    'google-gcs-hmac-id': ['Google Cloud Storage HMAC access id', 'https://cloud.google.com/storage/docs/authentication/hmackeys',
      'GOOG(?:1E[A-Z0-9]{57}|[A-Z0-9]{20})', { keywords: ['goog'], entropy: 3.5 }],
  }),
  ...near({
    'google-oauth-client-secret-old': ['Google OAuth client secret of the older form', oauth,
      'google client secret|google oauth2 secret|googleusercontent', wide(24), { entropy: 3.5, strict: true }],
    'google-gcs-hmac-secret': ['Google Cloud Storage HMAC secret', 'https://cloud.google.com/storage/docs/authentication/hmackeys',
      'goog|gcs', '[A-Za-z0-9/+]{40}', { entropy: 4, strict: true }],
    'google-recaptcha-secret': ['reCAPTCHA secret key', 'https://developers.google.com/recaptcha/docs/verify',
      'recaptcha', '6L[c-f][A-Za-z0-9_-]{5}[A-Za-z0-9_-]{32}', { entropy: 2 }],
    'google-maps-signing-secret': ['Google Maps URL signing secret', 'https://developers.google.com/maps/digital-signature',
      'url signing secret|maps signing', '[A-Za-z0-9_-]{27}='],
    'apigee-oauth-secret': ['Apigee consumer secret', 'https://cloud.google.com/apigee/docs', 'apigee', '[A-Za-z0-9]{16,64}',
      { entropy: 3.3, strict: true }],
    'looker-api-secret': ['Looker API client secret', 'https://cloud.google.com/looker/docs/api-auth', 'looker', '[A-Za-z0-9]{24}',
      { entropy: 3.3, strict: true }],
    'dialogflow-token': ['Dialogflow access token', 'https://cloud.google.com/dialogflow/docs', 'dialogflow|api ai', '[a-f0-9]{32}',
      { strict: true }],
  }),
  {
    id: 'google-service-account-key',
    about: 'Google service account key (JSON)',
    source: 'https://cloud.google.com/iam/docs/keys-create-delete',
    keywords: ['private_key_id'],
    pattern: joined(
      /"private_key_id"\s{0,4}:\s{0,4}"[a-f0-9]{40}"\s{0,4},\s{0,8}"private_key"\s{0,4}:\s{0,4}"/,
      /(?<secret>-----BEGIN PRIVATE KEY-----\\n[A-Za-z0-9+/=\\]{100,4000}-----END PRIVATE KEY-----)/,
    ),
    window: 4200,
    confidence: 'high',
    hits: [`"private_key_id": "${'0a1b2c3d4e'.repeat(4)}", "private_key": "-----${'BEGIN'} PRIVATE KEY-----\\n${'aB3dE6gHiJ9kLmN7'.repeat(8)}\\n-----END PRIVATE KEY-----\\n"`],
    misses: [`"private_key_id": "${'0a1b2c3d4e'.repeat(4)}"`, '"private_key_id": "${KEY_ID}"'],
  },
]
