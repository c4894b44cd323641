// `sys/internal/inspect/*`: how the router finds mounts, and what is known of a request; for whoever looks for a fault. Refused
// unless the configuration allows it. https://openbao.org/api-docs/system/inspect
import { findEntity, groupsOf } from '../core/identity/entities.ts'
import type { Entity } from '../core/identity/records.ts'
import type { Core } from '../core/core.ts'
import type { Mount } from '../core/mounts.ts'
import { invalid } from '../kit/errors.ts'
import { type Context, type Route, route } from '../kit/route.ts'
import { aliasesOf } from './identity/view.ts'

/** What the router knows of mounts, by the index that is asked for. */
const indexes = ['accessor', 'root', 'storage', 'uuid'] as const

const entryOf = ({ record, namespace }: Mount): Record<string, unknown> => ({
  accessor: record.accessor,
  mount_namespace: namespace.path,
  mount_path: record.class === 'auth' ? record.path.slice('auth/'.length) : record.path,
  mount_type: record.type,
  uuid: record.uuid,
})

/** A builtin keeps nothing below its own prefix: what it serves lies in the core. */
const storedAt = ({ record, builtin }: Mount): string => (builtin ? 'core/' : `logical/${record.uuid}/`)

async function identityOf(core: Core, entity: Entity): Promise<{ entity: object; groups: object[] }> {
  const aliases = await aliasesOf(core, entity)
  return {
    entity: {
      ID: entity.id,
      name: entity.name,
      aliases: aliases.map(({ id, name, mountAccessor, mountType, namespaceId, metadata }) => ({
        ID: id, name, mount_accessor: mountAccessor, mount_type: mountType, namespace_id: namespaceId, ...(Object.keys(metadata).length > 0 && { metadata }),
      })),
    },
    groups: (await groupsOf(core.identity.view, entity)).map(({ id, name, namespaceId }) => ({ ID: id, name, namespace_id: namespaceId })),
  }
}

/** As OpenBao shows it, without the token itself and without headers, which may hold credentials. */
const requestView = ({ caller, mount, body, requestId, remotePort }: Context): Record<string, unknown> => ({
  ClientTokenSource: 1,
  InboundSSCToken: '',
  auth: null,
  client_id: caller.entityId,
  client_token: '',
  client_token_accessor: caller.accessor,
  client_token_remaining_uses: 0,
  connection: { ConnState: null, peer_certificates: null, proxied_certificates: null, remote_addr: caller.remote, remote_port: remotePort ?? 0 },
  display_name: caller.displayName,
  entity_id: caller.entityId,
  headers: {},
  id: requestId ?? '',
  map: Object.keys(body).length > 0 ? body : null,
  mfa_creds: null,
  mount_accessor: mount.accessor,
  mount_point: mount.path,
  mount_type: mount.type,
  operation: 'read',
  path: 'internal/inspect/request',
  policy_override: false,
  replication_cluster: '',
  secret: null,
  unauthenticated: false,
  wrap_info: null,
})

/** `allowed`: what the configuration says of `introspection_endpoint`. */
export function inspectRoutes(core: Core, allowed: boolean, version: string): Route[] {
  const guard = (): void => {
    if (!allowed) throw invalid('the Vault configuration must set "introspection_endpoint" to true to enable this endpoint')
  }
  return [
    ...indexes.map((index) =>
      route({
        op: 'read',
        path: `internal/inspect/router/${index}`,
        about: 'Lists the mounts as the router finds them.',
        access: 'sudo',
        takes: {},
        run() {
          guard()
          const placed = index === 'root' || index === 'storage'
          return { [index]: core.mounts.all().map((mount) => ({ ...entryOf(mount), ...(placed && { storage_prefix: storedAt(mount), tainted: false }) })) }
        },
      }),
    ),
    route({
      op: 'read',
      path: 'internal/inspect/request',
      about: 'Shows what is known of the request itself: token, entity, groups, connection.',
      access: 'sudo',
      takes: {},
      async run(context) {
        guard()
        const { entityId } = context.caller
        const entity = entityId === '' ? null : await findEntity(core.identity.view, entityId)
        const known = entity ? await identityOf(core, entity) : { entity: null, groups: null }
        return {
          cluster_id: await core.clusterId(), cluster_id_error: null, data: context.body, ...known, entity_error: null, groups_error: null,
          plugin_env: { vault_version: version }, plugin_env_error: null, req: requestView(context), vault_version: version, vault_version_error: null,
        }
      },
    }),
  ]
}
