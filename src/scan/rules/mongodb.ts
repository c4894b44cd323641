// MongoDB Atlas: service accounts and keys.
import type { Rule } from '../rule.ts'
import { near, uuid } from './near.ts'
import { tokens } from './token.ts'

export const mongodb: Rule[] = [
  ...tokens({
    'mongodb-atlas-secret': ['MongoDB Atlas service account secret', 'https://www.mongodb.com/docs/atlas/api/service-accounts/',
      'mdb_sa_sk_[A-Za-z0-9_-]{40}', { entropy: 3 }],
    'mongodb-atlas-id': ['MongoDB Atlas service account id', 'https://www.mongodb.com/docs/atlas/api/service-accounts/',
      'mdb_sa_id_[a-f0-9]{24}', { confidence: 'low' }],
  }),
  ...near({
    'mongodb-atlas-key': ['MongoDB Atlas private key', 'https://www.mongodb.com/docs/atlas/configure-api-access/', 'atlas', uuid,
      { strict: true }],
  }),
]
