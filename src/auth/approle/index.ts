// Machines that log in with a role id and a secret id. https://openbao.org/api-docs/auth/approle
import { type Answer, granted } from '../../kit/answer.ts'
import { isWithinBounds } from '../../kit/cidr.ts'
import { invalid } from '../../kit/errors.ts'
import { text } from '../../kit/field.ts'
import { type AuthMethod, type Context, type Grant, route } from '../../kit/route.ts'
import { soon } from '../../kit/soon.ts'
import { grantSettings } from '../../kit/token-fields.ts'
import { type Role, findByRoleId, findRole } from './role.ts'
import { roleRoutes } from './role-routes.ts'
import { secretIdRoutes } from './secret-id-routes.ts'
import { tidySecretIds, useSecretId } from './secret-id.ts'

const grantOf = (role: Role, metadata: Record<string, string>, cidrs: readonly string[]): Grant => ({
  displayName: '',
  alias: { name: role.roleId, metadata: { role_name: role.name } },
  metadata: { ...metadata, role_name: role.name },
  ...grantSettings(role.token),
  ...(cidrs.length > 0 && { boundCidrs: [...cidrs] }),
  internal: { role_name: role.name, role_uid: role.uid },
})

const unknown = 'invalid role or secret ID'

function logIn(context: Context, input: { role_id: string; secret_id?: string | undefined }): Answer | Promise<Answer> {
  return soon(findByRoleId(context.store, input.role_id.trim()), (role) => {
    if (!role) throw invalid(unknown)
    const from = context.caller.remote
    if (!isWithinBounds(from, role.secretIdBoundCidrs) || !isWithinBounds(from, role.token.boundCidrs)) throw invalid('source address unauthorized through CIDR restrictions on the role')
    if (!role.bindSecretId) return granted(grantOf(role, {}, []))
    const id = input.secret_id?.trim() ?? ''
    if (id === '') throw invalid('missing secret_id')
    return soon(useSecretId(context, role, id), (secret) => {
      if (!secret) throw invalid(unknown)
      return granted(grantOf(role, secret.metadata, secret.tokenCidrs))
    })
  })
}

export const approle: AuthMethod = {
  type: 'approle',
  about: 'Machines that log in with a role id and a secret id',
  loginName: (input) => (typeof input.role_id === 'string' ? input.role_id.trim() : undefined),
  roles: {
    ofLogin: async (store, input) => (typeof input.role_id === 'string' ? (await findByRoleId(store, input.role_id.trim()))?.name : undefined),
    ofGrant: (grant) => grant.internal?.role_name as string | undefined,
  },
  async renew(context, grant) {
    const role = await findRole(context.store, String(grant.internal?.role_name ?? ''))
    if (!role || role.uid !== grant.internal?.role_uid) throw invalid('failed to validate role during renewal: role does not exist')
    return grantOf(role, {}, [])
  },
  chores: [{ name: 'secret ids that have ended', every: 60, run: tidySecretIds }],
  routes: [
    route({
      op: 'write',
      path: 'login',
      about: 'Logs in with role id and secret id.',
      access: 'open',
      takes: { role_id: text({ about: 'Id of the role.', required: true }), secret_id: text({ about: 'A secret id of the role.', secret: true }) },
      run: logIn,
    }),
    ...roleRoutes,
    ...secretIdRoutes,
  ],
}
