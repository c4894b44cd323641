// Amazon resource names, as far as this dialect reads and writes them.

export interface Arn {
  service: string
  region: string
  account: string
  resource: string
}

/** The parts of an ARN, or null for any other text. */
export function parseArn(text: string): Arn | null {
  const [, service, region, account, resource] = /^arn:aws[\w-]*:([^:]*):([^:]*):([^:]*):(.+)$/s.exec(text) ?? []
  return resource === undefined ? null : { service: service!, region: region!, account: account!, resource }
}

export const formatArn = ({ service, region, account, resource }: Arn): string => `arn:aws:${service}:${region}:${account}:${resource}`
