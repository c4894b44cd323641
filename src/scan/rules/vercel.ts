// Vercel: tokens of both forms, Blob tokens.
import type { Rule } from '../rule.ts'
import { alnum, near } from './near.ts'
import { tokens } from './token.ts'

export const vercel: Rule[] = [
  ...tokens({
    'vercel-token': ['Vercel token', 'https://vercel.com/docs/rest-api', '(?:vcp|vci|vca|vcr|vck)_[A-Za-z0-9]{24,64}',
      { keywords: ['vcp_', 'vci_', 'vca_', 'vcr_', 'vck_'], entropy: 3 }],
    'vercel-blob-token': ['Vercel Blob token', 'https://vercel.com/docs/vercel-blob', 'vercel_blob_rw_[A-Za-z0-9]{16}_[A-Za-z0-9]{30}'],
  }),
  ...near({
    'vercel-token-old': ['Vercel token of the older form', 'https://vercel.com/docs/rest-api', 'vercel|zeit', alnum(24), { strict: true,
      entropy: 3.5 }],
  }),
]
