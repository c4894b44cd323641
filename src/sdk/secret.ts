// Vault's answer envelope.
export type Data = Record<string, unknown>
export type Query = Record<string, string | number | boolean | readonly string[]>

export interface Auth {
  client_token: string
  accessor: string
  policies: string[]
  token_policies?: string[]
  identity_policies?: string[]
  metadata: Record<string, string> | null
  orphan?: boolean
  entity_id?: string
  lease_duration: number
  renewable: boolean
  mfa_requirement?: { mfa_request_id: string; mfa_constraints: Record<string, { any: { type: string; id: string; uses_passcode: boolean }[] }> } | null
}

export interface WrapInfo {
  token: string
  accessor: string
  ttl: number
  creation_time: string
  creation_path: string
  wrapped_accessor?: string
}

export interface Secret {
  request_id?: string
  lease_id?: string
  lease_duration?: number
  renewable?: boolean
  data: Data | null
  warnings?: string[] | null
  auth?: Auth | null
  wrap_info?: WrapInfo | null
  mount_type?: string
}

