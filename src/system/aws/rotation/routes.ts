// Asking for a rotation: `rotation/:path`, for every dialect alike.
import { randomUUID } from 'node:crypto'
import { settingsIn } from '../../../core/access-keys.ts'
import type { Core } from '../../../core/core.ts'
import { Fault } from '../../../kit/errors.ts'
import { boolean, object, text } from '../../../kit/field.ts'
import { type Context, type Route, route } from '../../../kit/route.ts'
import { functionAt } from './functions.ts'
import { type Place, type RotationState, type Rotations, apart, pending } from './rotation.ts'
import { type RotationRules, checkRules, nextRotation } from './schedule.ts'

const path = text({ about: 'Path of the secret below the mount of secrets.', required: true })

const mark = text({ about: 'Only the secret with this mark.' })
const region = text({ about: 'Region in which the secret is named; counts where the account keeps it apart.' })

interface Described {
  mark: string
  deletion?: object
  attributes: { rotation?: RotationState }
  versions: { id: string; stages: string[] }[]
}

async function secretAt(core: Core, context: Context, { path, region = '', mark }: { path: string; region?: string | undefined; mark?: string | undefined }): Promise<{ folder: string; place: Place; secret: Described }> {
  const settings = await core.accessKeys.settings(core.namespaces.at(context.mount.namespace)!)
  const folder = `${settingsIn(settings, region).secrets}metadata/${path}`
  const { parts } = await context.ask('read', folder, { entry: true, ...(mark !== undefined && { mark }) })
  if (!parts.data) throw new Fault('not-found')
  return { folder, place: { mount: core.mounts.byUuid(context.mount.uuid)!, path, region: apart(settings, region) }, secret: parts.data as unknown as Described }
}

export function rotationRoutes(core: Core, rotations: Rotations): Route[] {
  return [
    route({
      op: 'write',
      path: 'rotation/:path*',
      about: 'Sets how a secret rotates and, unless told otherwise, rotates it now.',
      takes: {
        path,
        mark,
        region,
        function_arn: text({ about: 'The rotation function, by name or ARN.' }),
        rules: object({ about: 'AutomaticallyAfterDays, or ScheduleExpression with Duration.' }),
        secret_arn: text({ about: 'How the function is told which secret it rotates; the mark is appended.' }),
        token: text({ about: 'Id of the new version.' }),
        immediately: boolean({ about: 'Whether to rotate now.', default: true }),
      },
      async run(context, input) {
        const { folder, place, secret } = await secretAt(core, context, input)
        const before = secret.attributes.rotation
        const functionArn = input.function_arn ?? before?.functionArn ?? ''
        if (secret.deletion) throw new Fault('precondition', "You can't perform this operation on the secret because it was marked for deletion.")
        if (functionArn === '') throw new Fault('precondition', 'No Lambda rotation function ARN is associated with this secret.')
        if (!(await functionAt(context.store, functionArn))) throw new Fault('not-found', 'Lambda does not exist.', { reason: ['no function'] })
        const rules = (input.rules as RotationRules | undefined) ?? before?.rules ?? {}
        await checkRules(rules)
        const token = input.token ?? randomUUID()
        const waiting = secret.versions.find((version) => version.stages.includes(pending) && !version.stages.includes('AWSCURRENT'))
        if (input.immediately && waiting && waiting.id !== token) throw new Fault('precondition', "A previous rotation isn't complete. That rotation will be reattempted.")
        const now = context.now()
        const next = await nextRotation(rules, before?.last ?? now, now)
        const rotation: RotationState = { ...before, enabled: true, functionArn, rules, ...(input.secret_arn !== undefined && { secretArn: `${input.secret_arn}-${secret.mark}` }), ...(next !== null && { next }) }
        await context.ask('patch', folder, { entry: { attributes: { rotation } } })
        if (next !== null) await rotations.plan(place, next)
        if (input.immediately) await rotations.start(place, token)
        return { mark: secret.mark, ...(input.immediately && { token }) }
      },
    }),
    route({
      op: 'delete',
      path: 'rotation/:path*',
      about: 'Ends the rotation of a secret; one under way leaves its pending version.',
      takes: { path, mark, region },
      async run(context, input) {
        const { folder, secret } = await secretAt(core, context, input)
        if (secret.deletion) throw new Fault('precondition', "You can't perform this operation on the secret because it was marked for deletion.")
        const before = secret.attributes.rotation
        if (!before?.enabled && !before?.functionArn) throw new Fault('precondition', "You can't cancel rotation for a secret that isn't scheduled for rotation.")
        const { next: _, running, error: __, ...kept } = before
        await context.ask('patch', folder, { entry: { attributes: { rotation: { ...kept, enabled: false } } } })
        return { mark: secret.mark, ...(running !== undefined && { token: running }) }
      },
    }),
  ]
}
