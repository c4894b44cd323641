// The rotation of a secret: announce a version, let the function make, set, test and finish it, plan the next time.
import { randomUUID } from 'node:crypto'
import { type AccountSettings, settingsIn } from '../../../core/access-keys.ts'
import type { Call, Credential } from '../../../core/call.ts'
import type { Core } from '../../../core/core.ts'
import { handle } from '../../../core/handle.ts'
import type { Mount } from '../../../core/mounts.ts'
import type { Token } from '../../../core/tokens.ts'
import { Fault } from '../../../kit/errors.ts'
import type { Operation } from '../../../kit/route.ts'
import { type Rotated, type StepEvent, builtins } from './builtin.ts'
import { type RotationFunction, functionAt, functionName } from './functions.ts'
import { type Surroundings, type TemporaryKey, invoke } from './invoke.ts'
import { type RotationRules, nextRotation } from './schedule.ts'

const dueKind = 'rotation'
const steps = ['createSecret', 'setSecret', 'testSecret', 'finishSecret'] as const
const current = 'AWSCURRENT'
export const pending = 'AWSPENDING'
/** A rotation that was cut off is taken up again after this many seconds. */
const retryAfter = 900

export interface RotationState {
  enabled: boolean
  functionArn: string
  rules: RotationRules
  /** Milliseconds since 1970. */
  last?: number
  next?: number
  /** How the function is told which secret it rotates. */
  secretArn?: string
  /** Id of the version under way. */
  running?: string
  error?: string
}

interface Entry {
  mark: string
  attributes: { rotation?: RotationState; region?: string }
  deletion?: object
  versions: { id: string; stages: string[] }[]
}

/** Where a secret lies: in the namespace of a mount, in a region that is kept apart, or in none. */
export interface Place {
  mount: Mount
  path: string
  region: string
}

/** The region where it is kept apart: names there may be those of other secrets elsewhere. */
export const apart = (settings: AccountSettings, region: string): string => (settings.regions[region]?.secrets === undefined ? '' : region)

/** `MOUNT/PATH`, or `MOUNT//REGION/PATH`: no path begins with a slash. */
const idOf = ({ mount, path, region }: Place): string => `${mount.record.uuid}/${region === '' ? '' : `/${region}/`}${path}`

class Proof {
  readonly token: Token
  constructor(token: Token) {
    this.token = token
  }
}

const scheme = 'rotation'

/** Rotates secrets as a caller of its own: every read and write passes the gate and the audit log as others do. */
export class Rotations {
  readonly #core: Core
  readonly #around: Surroundings
  readonly #running = new Set<string>()
  readonly #tokens = new Map<string, Token>()

  constructor(core: Core, around: Surroundings) {
    this.#core = core
    this.#around = around
    core.gate.schemes.set(scheme, async (_call: Call, { proof }: Credential) => {
      if (!(proof instanceof Proof)) throw new Fault('unauthenticated')
      return proof.token
    })
    core.due.handle(dueKind, (id) => this.#takeUp(id))
  }

  /** Announces the version that a rotation is to make and begins; the rotation itself goes on in the background. */
  async start(place: Place, token: string): Promise<void> {
    await this.#write(place, { mode: 'put', id: token, empty: true, stages: [pending] })
    await this.#change(place, { running: token })
    await this.plan(place, this.#core.now() + retryAfter * 1000)
    void this.#rotate(place, token)
  }

  /** Puts a time into the list of what is due. An item whose time no longer counts is dropped when it comes up. */
  async plan(place: Place, at: number): Promise<void> {
    await this.#core.root.update((tx) => this.#core.due.add(tx, { second: Math.ceil(at / 1000), kind: dueKind, id: idOf(place) }))
  }

  async #takeUp(id: string): Promise<void> {
    const [, uuid = '', region = '', path = ''] = /^([^/]*)\/(?:\/([^/]+)\/)?(.*)$/s.exec(id) ?? []
    const mount = this.#core.mounts.byUuid(uuid)
    if (!mount) return
    const place = { mount, path, region }
    const entry = await this.#describe(place)
    const rotation = entry?.attributes.rotation
    if (!entry || entry.deletion || !rotation?.enabled || this.#running.has(id)) return
    if (rotation.running !== undefined) return void this.#rotate(place, rotation.running)
    if (rotation.next !== undefined && rotation.next <= this.#core.now() + 1000) await this.start(place, randomUUID())
  }

  /** All steps of one rotation; what fails is kept with the secret and tried again later. */
  async #rotate(place: Place, token: string): Promise<void> {
    const id = idOf(place)
    if (this.#running.has(id)) return
    this.#running.add(id)
    try {
      await this.#steps(place, token)
      await this.#finished(place)
    } catch (cause) {
      if (!(cause instanceof Fault)) this.#core.report(token, cause)
      const error = cause instanceof Fault ? cause.message : 'internal error'
      await this.#change(place, { error }).catch(() => {})
      await this.plan(place, this.#core.now() + retryAfter * 1000).catch(() => {})
    } finally {
      this.#running.delete(id)
    }
  }

  async #steps(place: Place, token: string): Promise<void> {
    const entry = await this.#describe(place)
    const rotation = entry?.attributes.rotation
    if (!entry || !rotation) return
    const { mount, path } = place
    const fn = await functionAt(this.#core.storeOf(mount), rotation.functionArn)
    if (!fn) throw new Fault('upstream', 'the rotation function is not registered')
    const { account } = await this.#core.accessKeys.settings(mount.namespace)
    const region = entry.attributes.region ?? 'us-east-1'
    const arn = rotation.secretArn ?? `arn:aws:secretsmanager:${region}:${account}:secret:${path}-${entry.mark}`
    const key = fn.kind === 'executable' || fn.kind === 'module' ? await this.#keyFor(mount, fn, arn, region) : null
    try {
      for (const Step of steps) await this.#step(place, functionName(rotation.functionArn), fn, { Step, SecretId: arn, ClientRequestToken: token }, key)
    } finally {
      if (key) await this.#core.endAccessKey(key.id)
    }
    const after = await this.#describe(place)
    if (!after?.versions.some((version) => version.id === token && version.stages.includes(current))) throw new Fault('upstream', `rotation function ${functionName(rotation.functionArn)} did not make the new version current`)
  }

  async #step(place: Place, name: string, fn: RotationFunction, event: StepEvent, key: TemporaryKey | null): Promise<void> {
    const token = event.ClientRequestToken
    if (fn.kind !== 'builtin') return invoke(name, fn, event, key, this.#around)
    const secret: Rotated = {
      current: async () => {
        const { payload, binary } = await this.#ask(place, 'read', 'data', { entry: true })
        return binary ? null : String(payload)
      },
      putPending: (value) => this.#write(place, { mode: 'put', id: token, payload: value, media: 'text', stages: [pending] }),
      promote: async () => {
        const entry = await this.#describe(place)
        const from = entry?.versions.find((version) => version.stages.includes(current))?.id
        if (from !== token) await this.#ask(place, 'patch', 'metadata', { entry: { stage: { name: current, to: token, from } } })
      },
    }
    await builtins[fn.handler]!(event, secret)
  }

  /** A key that may do to this one secret whatever the service offers, or what the function's policies allow. */
  async #keyFor(mount: Mount, fn: RotationFunction, arn: string, region: string): Promise<TemporaryKey> {
    const own = fn.policies.length > 0
    const narrowed = { Statement: [{ Effect: 'Allow', Action: 'secretsmanager:*', Resource: `${arn.slice(0, -6)}??????` }, { Effect: 'Allow', Action: 'secretsmanager:GetRandomPassword', Resource: '*' }] }
    const { key, secret, sessionToken } = await this.#core.accessKeys.create({
      namespace: mount.namespace, policies: own ? fn.policies : ['root'], entityId: '', noDefaultPolicy: !own, ttl: Math.max(900, fn.timeout * steps.length),
      principal: { kind: 'role', name: 'rotation', id: 'AROAROTATIONFUNCTION', session: 'function' },
      ...(!own && { administrator: true, sessionPolicy: JSON.stringify(narrowed) }),
    })
    return { id: key.id, secret, sessionToken: sessionToken!, region }
  }

  async #finished(place: Place): Promise<void> {
    const entry = await this.#describe(place)
    const rotation = entry?.attributes.rotation
    if (!rotation) return
    const now = this.#core.now()
    const next = await nextRotation(rotation.rules, now, now)
    await this.#change(place, { last: now, next: next ?? undefined, running: undefined, error: undefined })
    if (next !== null) await this.plan(place, next)
  }

  async #describe(place: Place): Promise<Entry | null> {
    try {
      return await this.#ask<Entry>(place, 'read', 'metadata', { entry: true })
    } catch (cause) {
      if (cause instanceof Fault && (cause.code === 'not-found' || cause.code === 'no-route')) return null
      throw cause
    }
  }

  async #change(place: Place, change: { [K in keyof RotationState]?: RotationState[K] | undefined }): Promise<void> {
    const entry = await this.#describe(place)
    const rotation = entry?.attributes.rotation
    if (rotation) await this.#ask(place, 'patch', 'metadata', { entry: { attributes: { rotation: { ...rotation, ...change } } } })
  }

  async #write(place: Place, entry: object): Promise<void> {
    await this.#ask(place, 'write', 'data', { entry })
  }

  async #ask<T = Record<string, unknown>>({ mount, path, region }: Place, operation: Operation, folder: string, body: Record<string, unknown>): Promise<T> {
    const { secrets } = settingsIn(await this.#core.accessKeys.settings(mount.namespace), region)
    const reply = await handle(this.#core, {
      id: randomUUID(), operation, namespace: mount.namespace.path, path: `${secrets}${folder}/${path}`, body, credential: { scheme, value: '', proof: new Proof(this.#tokenOf(mount)) },
      wrapTtl: 0, remote: { address: '127.0.0.1', port: 0 }, headers: {}, client: new AbortController(),
    })
    if (reply.error) throw reply.error
    return (reply.data ?? {}) as T
  }

  /** Who rotates, as the gate and the audit log see it: one object a namespace. */
  #tokenOf({ namespace }: Mount): Token {
    const ready = this.#tokens.get(namespace.id)
    if (ready) return ready
    const token: Token = {
      key: `rotation-${namespace.id}`, accessor: 'rotation', parent: null, type: 'service', namespace: namespace.path, namespaceId: 'root', policies: ['root'], path: 'rotation', metadata: {},
      displayName: 'rotation', uses: 0, createdAt: 0, expiresAt: 0, renewedAt: 0, ttl: 0, explicitMaxTtl: 0, maxTtl: 0, period: 0, renewable: false, entityId: '', role: '', boundCidrs: [], noDefaultPolicy: true, mountAccessor: '',
    }
    this.#tokens.set(namespace.id, token)
    return token
  }
}
