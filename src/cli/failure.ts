// An error as people and scripts know it from Vault's command line.
import { ApiError } from './api.ts'

/** The text for standard error, without a newline. */
export function describe(error: unknown, namespace?: string): string {
  if (error instanceof ApiError) return describeAnswer(error, namespace)
  const { message, code, cause } = error as { message?: string; code?: string; cause?: { message?: string } }
  if (code === 'EPROTO' || /wrong version number|packet length too long/i.test(message ?? ''))
    return 'http: server gave HTTP response to HTTPS client\n\nThe address begins with https:// but the server speaks plain HTTP: export VAULT_ADDR=http://… (or use -address).'
  if (code === 'ECONNREFUSED') return `${message}\n\nNo server listens there. Is it running, and is VAULT_ADDR (or -address) right?`
  if (code === 'DEPTH_ZERO_SELF_SIGNED_CERT' || code === 'SELF_SIGNED_CERT_IN_CHAIN' || code === 'UNABLE_TO_VERIFY_LEAF_SIGNATURE')
    return `tls: failed to verify certificate: ${message}\n\nName the authority with VAULT_CACERT (or -ca-cert).`
  return [message || String(error), cause?.message].filter(Boolean).join(': ')
}

function describeAnswer(error: ApiError, namespace: string | undefined): string {
  const about = `Error making API request.\n\n${namespace ? `Namespace: ${namespace.replace(/\/*$/, '/')}\n` : ''}URL: ${error.method} ${error.url}\nCode: ${error.status}. `
  return error.raw === undefined
    ? `${about}Errors:\n\n${error.errors.map((line) => `* ${line}`).join('\n')}`
    : `${about}Raw Message:\n\n${error.raw}`
}
