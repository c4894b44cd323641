// Which web origins browsers may let call the API (Fetch standard, "CORS protocol"): kept once, asked of requests that name an origin.
import type { View } from '../kit/view.ts'

export interface Cors {
  enabled: boolean
  /** `*` alone: any. */
  origins: string[]
  /** Request headers beyond the usual. */
  headers: string[]
}

const place = 'cors'

/** Request headers that Vault's clients send. */
const usualHeaders = ['Content-Type', 'Authorization', 'X-Requested-With', 'X-Vault-AWS-IAM-Server-ID', 'X-Vault-MFA', 'X-Vault-Namespace', 'X-Vault-No-Request-Forwarding', 'X-Vault-Policy-Override', 'X-Vault-Token', 'X-Vault-Wrap-Format', 'X-Vault-Wrap-TTL']

export const corsHeaders = (cors: Cors): string[] => [...usualHeaders, ...cors.headers]
export const readCors = (root: View): Promise<Cors | null> => root.read<Cors>(place)
export const writeCors = (root: View, cors: Cors): Promise<void> => root.write(place, cors)
export const deleteCors = (root: View): Promise<void> => root.delete(place)
