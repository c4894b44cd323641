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

/** The partitions beside `aws`, by how the names of their regions begin. */
const partitions: Record<string, string> = { cn: 'aws-cn', 'us-gov': 'aws-us-gov', 'us-iso': 'aws-iso', 'us-isob': 'aws-iso-b', 'eu-isoe': 'aws-iso-e', 'us-isof': 'aws-iso-f', eusc: 'aws-eusc' }
const prefix = /^(cn|us-gov|us-isob?|eu-isoe|us-isof|eusc)-/

const partitionOf = (region: string): string => partitions[prefix.exec(region)?.[1] ?? ''] ?? 'aws'

export const formatArn = ({ service, region, account, resource }: Arn): string => `arn:${partitionOf(region)}:${service}:${region}:${account}:${resource}`

/** A principal as it is written in a region; this server knows it by the partition `aws`. */
export const principalIn = (arn: string, region: string): string => arn.replace(/^arn:aws:/, `arn:${partitionOf(region)}:`)

/** A principal as this server knows it. */
export const principalOf = (arn: string): string => arn.replace(/^arn:aws-[a-z-]+:/, 'arn:aws:')
