// The services that this dialect speaks.
import type { Operation, Service } from './operation.ts'
import { cloudTrail } from './cloudtrail/index.ts'
import { kms } from './kms/index.ts'
import { secretsManager } from './secretsmanager/index.ts'
import { ssm } from './ssm/index.ts'
import { sts } from './sts/index.ts'

export const services: readonly Service[] = [cloudTrail, kms, secretsManager, ssm, sts]

const key = (place: string, action: string): string => `${place}.${action}`
const byAction = new Map<string, { service: Service; operation: Operation }>(
  services.flatMap((service) => service.operations.map((operation) => [key(service.target ?? service.version!, operation.name), { service, operation }])),
)

// Some clients write the service's whole name before the short one.
const short = (place: string): string => (place.startsWith('com.amazonaws.') ? place.slice(place.lastIndexOf('.') + 1) : place)

/** By the whole of an `X-Amz-Target`, as most clients write it. */
export const findAction = (target: string): { service: Service; operation: Operation } | undefined => byAction.get(target)
/** `place`: the target before the dot, or the version of a query API. */
export const findOperation = (place: string, action: string): { service: Service; operation: Operation } | null => byAction.get(key(short(place), action)) ?? null
/** The service alone, so that an unknown operation is answered in its protocol. */
export const findService = (place: string): Service | null => services.find((service) => service.target === short(place) || service.version === place) ?? null
