// `identity/mfa/*`: methods, entities' secrets, and which logins need a code. Of the types, only TOTP is known here.
import { randomUUID } from 'node:crypto'
import type { Core } from '../../core/core.ts'
import { findEntity } from '../../core/identity/entities.ts'
import { type Group, keys } from '../../core/identity/records.ts'
import type { Enforcement, TotpMethod } from '../../core/mfa/records.ts'
import { encodeBarcode } from '../../crypto/barcode.ts'
import { answer, listing } from '../../kit/answer.ts'
import { invalid } from '../../kit/errors.ts'
import { type Fields, type Values, choice, duration, integer, list, text } from '../../kit/field.ts'
import { pageFields, takePage } from '../../kit/page.ts'
import { type Context, type Route, route } from '../../kit/route.ts'
import { namespaceIdOf } from './view.ts'

type Page = Values<typeof pageFields>

const methodFields = {
  method_id: text({ about: 'Id of the method.' }),
  method_name: text({ about: 'Name of the method.' }),
  issuer: text({ about: 'Name of the organisation, shown by authenticator apps.' }),
  period: duration({ about: 'Seconds that a code counts.' }),
  key_size: integer({ about: 'Bytes of a secret.' }),
  qr_size: integer({ about: 'Pixels on a side of the barcode; 0: none.' }),
  algorithm: choice(['SHA1', 'SHA256', 'SHA512'])({ about: 'Hash of the codes.' }),
  digits: integer({ about: 'Digits of a code: 6 or 8.' }),
  skew: integer({ about: 'Periods before and after the present one whose codes count: 0 or 1.' }),
  max_validation_attempts: integer({ about: 'Wrong codes in a row after which codes are refused for a while.' }),
} satisfies Fields

const generated = {
  url: text({ about: 'For authenticator apps.', secret: true }),
  barcode: text({ about: 'The same as a QR code: PNG, base64.', secret: true }),
} satisfies Fields

const method_id = text({ about: 'Id of the method.', required: true })
const entity_id = text({ about: 'Id of the entity.', required: true })

function changed(present: TotpMethod, input: Values<typeof methodFields>): TotpMethod {
  const method = {
    ...present,
    name: input.method_name ?? present.name,
    issuer: input.issuer ?? present.issuer,
    period: input.period ?? present.period,
    keySize: input.key_size ?? present.keySize,
    qrSize: input.qr_size ?? present.qrSize,
    algorithm: input.algorithm ?? present.algorithm,
    digits: input.digits ?? present.digits,
    skew: input.skew ?? present.skew,
    maxAttempts: input.max_validation_attempts || present.maxAttempts,
  }
  if (method.issuer === '') throw invalid('issuer must be set')
  if (method.digits !== 6 && method.digits !== 8) throw invalid('digits can only be 6 or 8')
  if (method.skew !== 0 && method.skew !== 1) throw invalid('skew must be 0 or 1')
  if (!(method.period > 0 && method.period <= 3600)) throw invalid('period must be between 1 and 3600 seconds')
  if (!(method.keySize >= 10 && method.keySize <= 128)) throw invalid('key_size must be between 10 and 128')
  if (!(method.qrSize >= 0 && method.qrSize <= 2048)) throw invalid('qr_size must be between 0 and 2048')
  if (!(method.maxAttempts > 0)) throw invalid('max_validation_attempts must be greater than zero')
  return method as TotpMethod
}

const fresh = (namespaceId: string): TotpMethod => ({ id: randomUUID(), name: '', type: 'totp', namespaceId, issuer: '', period: 30, digits: 6, skew: 1, keySize: 20, qrSize: 200, algorithm: 'SHA1', maxAttempts: 5 })

export function mfaMethodRoutes(core: Core): Route[] {
  const { mfa } = core
  const pathOf = (namespaceId: string): string => core.namespaces.byId(namespaceId)?.path ?? ''
  const view = (method: TotpMethod): Record<string, unknown> => ({
    algorithm: method.algorithm,
    digits: method.digits,
    id: method.id,
    issuer: method.issuer,
    key_size: method.keySize,
    max_validation_attempts: method.maxAttempts,
    name: method.name,
    namespace_id: method.namespaceId,
    namespace_path: pathOf(method.namespaceId),
    period: method.period,
    qr_size: method.qrSize,
    skew: method.skew,
    type: method.type,
  })
  /** A method of this namespace, or of one above it. */
  const find = async (context: Context, id: string): Promise<TotpMethod | null> => {
    const method = await mfa.method(id)
    return method && context.mount.namespace.startsWith(pathOf(method.namespaceId)) ? method : null
  }
  const own = async (context: Context, id: string): Promise<TotpMethod | null> => {
    const method = await mfa.method(id)
    return method?.namespaceId === namespaceIdOf(core, context) ? method : null
  }
  const show = async (context: Context, input: { method_id: string }) => {
    const method = await find(context, input.method_id)
    return method && view(method)
  }
  const enumerate = async (context: Context, page: Page) => {
    const ids: string[] = []
    const info: Record<string, unknown> = {}
    for (let path = context.mount.namespace; ; path = path.slice(0, path.lastIndexOf('/', path.length - 2) + 1)) {
      const namespace = core.namespaces.at(path)
      for (const id of namespace ? await mfa.methodIds(namespace.id) : []) {
        const method = await mfa.method(id)
        if (!method) continue
        ids.push(id)
        info[id] = view(method)
      }
      if (path !== '') continue
      const shown = takePage(ids, page)
      return listing(shown, Object.fromEntries(shown.map((id) => [id, info[id]])))
    }
  }
  const generate = async (context: Context, methodId: string, entityId: string) => {
    const method = await find(context, methodId)
    if (!method) throw invalid(`configuration for method ID "${methodId}" does not exist`)
    const entity = await findEntity(core.identity.view, entityId)
    if (!entity || entity.namespaceId !== namespaceIdOf(core, context)) throw invalid('invalid entity ID')
    const url = await mfa.generate(method, entity.id)
    if (url === null) return answer({ warnings: [`Entity already has a secret for MFA method "${method.name}"`] })
    return { url, barcode: method.qrSize === 0 ? '' : (await encodeBarcode(url, method.qrSize)).toString('base64') }
  }
  return [
    route({ op: 'list', path: 'mfa/method', about: 'Lists MFA methods of this namespace and those above.', takes: pageFields, run: enumerate }),
    route({ op: 'list', path: 'mfa/method/totp', about: 'Lists TOTP methods of this namespace and those above.', takes: pageFields, run: enumerate }),
    route({ op: 'read', path: 'mfa/method/:method_id', about: 'Reads an MFA method of any type.', takes: { method_id }, run: show }),
    route({ op: 'read', path: 'mfa/method/totp/:method_id', about: 'Reads a TOTP method.', takes: { method_id }, run: show }),
    route({
      op: 'write',
      path: 'mfa/method/totp/:method_id?',
      about: 'Makes a TOTP method, or changes one.',
      takes: methodFields,
      async run(context, input) {
        const namespaceId = namespaceIdOf(core, context)
        const present = input.method_id ? await own(context, input.method_id) : input.method_name ? await mfa.methodByName(namespaceId, input.method_name) : null
        if (input.method_id && !present) throw invalid('no method of this id in this namespace')
        const method = changed(present ?? fresh(namespaceId), input)
        await mfa.putMethod(method)
        return input.method_id ? undefined : { method_id: method.id }
      },
    }),
    route({
      op: 'delete',
      path: 'mfa/method/totp/:method_id',
      about: 'Removes a TOTP method that no enforcement uses, with all its secrets.',
      takes: { method_id },
      async run(context, input) {
        const method = await own(context, input.method_id)
        if (method) await mfa.deleteMethod(method)
      },
    }),
    route({
      op: 'write',
      path: 'mfa/method/totp/generate',
      about: 'Makes the caller\'s own secret and gives its otpauth URL, once.',
      takes: { method_id },
      gives: generated,
      run(context, input) {
        if (context.caller.entityId === '') throw invalid('missing entityID: the token has no entity')
        return generate(context, input.method_id, context.caller.entityId)
      },
    }),
    route({
      op: 'write',
      path: 'mfa/method/totp/admin-generate',
      about: 'Makes an entity\'s secret and gives its otpauth URL, once.',
      takes: { method_id, entity_id },
      gives: generated,
      run: (context, input) => generate(context, input.method_id, input.entity_id),
    }),
    route({
      op: 'write',
      path: 'mfa/method/totp/admin-destroy',
      about: 'Removes an entity\'s secret, so that another can be made.',
      takes: { method_id, entity_id },
      async run(context, input) {
        const method = await find(context, input.method_id)
        if (!method) throw invalid(`configuration for method ID "${input.method_id}" does not exist`)
        const entity = await findEntity(core.identity.view, input.entity_id)
        if (!entity || entity.namespaceId !== namespaceIdOf(core, context)) throw invalid('invalid entity ID')
        await mfa.destroySecret(method.id, entity.id)
      },
    }),
    ...['duo', 'okta', 'pingid'].flatMap(unsupportedRoutes),
    ...enforcementRoutes(core),
  ]
}

const unsupportedRoutes = (type: string): Route[] => {
  const refuse = (): never => {
    throw invalid(`MFA methods of type ${type} are not supported: use totp`)
  }
  return [
    route({ op: 'list', path: `mfa/method/${type}`, about: `Lists methods of type ${type}: there are none.`, takes: pageFields, run: () => null }),
    ...(['read', 'write', 'delete'] as const).map((op) => route({ op, path: `mfa/method/${type}/:method_id${op === 'write' ? '?' : ''}`, about: `Refused: ${type} is not supported.`, takes: { method_id: methodFields.method_id }, run: refuse })),
  ]
}

const enforcementFields = {
  name: text({ about: 'Name of the enforcement.', required: true }),
  mfa_method_ids: list({ about: 'Methods, one of which is enough.', required: true }),
  auth_method_accessors: list({ about: 'Logins of these mounts.' }),
  auth_method_types: list({ about: 'Logins of these types.' }),
  identity_group_ids: list({ about: 'Logins of members of these groups.' }),
  identity_entity_ids: list({ about: 'Logins of these entities.' }),
} satisfies Fields

function enforcementRoutes(core: Core): Route[] {
  const { mfa } = core
  const { name } = enforcementFields
  const view = (one: Enforcement): Record<string, unknown> => ({
    auth_method_accessors: one.accessors,
    auth_method_types: one.types,
    id: one.id,
    identity_entity_ids: one.entityIds,
    identity_group_ids: one.groupIds,
    mfa_method_ids: one.methodIds,
    name: one.name,
    namespace_id: one.namespaceId,
    namespace_path: core.namespaces.byId(one.namespaceId)?.path ?? '',
  })
  const find = async (context: Context, wanted: string): Promise<Enforcement | undefined> => (await mfa.enforcements(namespaceIdOf(core, context))).find((one) => one.name === wanted)
  const check = async (context: Context, one: Omit<Enforcement, 'id'>): Promise<void> => {
    const mounts = core.mounts.of(context.mount.namespace, 'auth')
    for (const id of one.methodIds) {
      const method = await mfa.method(id)
      if (!method || !context.mount.namespace.startsWith(core.namespaces.byId(method.namespaceId)?.path ?? '\0')) throw invalid("one of the provided method ids doesn't exist")
    }
    if (one.methodIds.length === 0) throw invalid('missing method ids')
    if (one.accessors.some((accessor) => !mounts.some((mount) => mount.record.accessor === accessor))) throw invalid('one of the auth method accessors provided is invalid')
    if (one.types.some((type) => !mounts.some((mount) => mount.record.type === type))) throw invalid('one of the auth method types provided is invalid')
    for (const id of one.groupIds) if (!(await core.identity.view.read<Group>(keys.group(id)))) throw invalid("one of the provided group ids doesn't exist")
    for (const id of one.entityIds) if (!(await findEntity(core.identity.view, id))) throw invalid("one of the provided entity ids doesn't exist")
    if ([one.accessors, one.types, one.groupIds, one.entityIds].every((names) => names.length === 0)) throw invalid('One of auth_method_accessors, auth_method_types, identity_group_ids, identity_entity_ids must be specified')
  }
  return [
    route({
      op: 'list',
      path: 'mfa/login-enforcement',
      about: 'Lists names of enforcements.',
      takes: pageFields,
      async run(context, input) {
        const all = new Map((await mfa.enforcements(namespaceIdOf(core, context))).map((one) => [one.name, one]))
        const names = takePage([...all.keys()], input)
        return listing(names, Object.fromEntries(names.map((name) => [name, view(all.get(name)!)])))
      },
    }),
    route({
      op: 'read',
      path: 'mfa/login-enforcement/:name',
      about: 'Reads an enforcement.',
      takes: { name },
      async run(context, input) {
        const found = await find(context, input.name)
        return found ? view(found) : null
      },
    }),
    route({
      op: 'write',
      path: 'mfa/login-enforcement/:name',
      about: 'Says whose logins need one of some methods.',
      takes: enforcementFields,
      exists: async (context, input) => (await find(context, input.name)) !== undefined,
      async run(context, input) {
        const present = await find(context, input.name)
        const wanted: Omit<Enforcement, 'id'> = {
          name: input.name,
          namespaceId: namespaceIdOf(core, context),
          methodIds: input.mfa_method_ids,
          accessors: input.auth_method_accessors ?? present?.accessors ?? [],
          types: input.auth_method_types ?? present?.types ?? [],
          groupIds: input.identity_group_ids ?? present?.groupIds ?? [],
          entityIds: input.identity_entity_ids ?? present?.entityIds ?? [],
        }
        await check(context, wanted)
        await mfa.putEnforcement(wanted)
      },
    }),
    route({
      op: 'delete',
      path: 'mfa/login-enforcement/:name',
      about: 'Removes an enforcement.',
      takes: { name },
      run: (context, input) => mfa.deleteEnforcement(namespaceIdOf(core, context), input.name),
    }),
  ]
}
