// MFA at login: which logins need a code, checking codes, and logins that wait for one.
import { hash, randomUUID } from 'node:crypto'
import { Fault, denied, invalid } from '../../kit/errors.ts'
import type { Grant } from '../../kit/route.ts'
import type { View } from '../../kit/view.ts'
import type { AuthReply, Call } from '../call.ts'
import type { Due } from '../due.ts'
import type { Identity } from '../identity/identity.ts'
import type { Mount } from '../mounts.ts'
import type { Namespaces } from '../namespaces.ts'
import { type Enforcement, type PendingLogin, type TotpMethod, type TotpSecret, keys } from './records.ts'
import { makeTotp, matchingStep } from './totp.ts'

/** Codes by method id or method name. */
export type Codes = ReadonlyMap<string, string>

const pendingSeconds = 300
const blockSeconds = 300
const maxEnforcements = 1000

export interface MfaParts {
  /** The view in which `due` lies too. */
  root: View
  due: Due
  identity: Identity
  namespaces: Namespaces
  now(): number
}

export class Mfa {
  readonly #parts: MfaParts
  readonly #view: View

  constructor(parts: MfaParts) {
    this.#parts = parts
    this.#view = parts.root.at('mfa/')
    parts.due.handle('mfa', (digest) => this.#view.delete(keys.pending(digest)))
  }

  #seconds(): number {
    return Math.trunc(this.#parts.now() / 1000)
  }

  /** Asked at each login: null where it may go on; otherwise an answer that asks for a code. Throws `denied` for a wrong one. */
  async guard(call: Call, mount: Mount, grant: Grant, entityId: string): Promise<AuthReply | null> {
    const all = await this.#view.read<Enforcement[]>(keys.enforcements)
    if (!all || all.length === 0) return null
    const needed = await this.#applying(all, mount, entityId)
    if (needed.length === 0) return null
    if (entityId === '') throw denied('MFA is enforced on this login, but the login has no entity')
    const codes = codesOf(call.headers['x-vault-mfa'])
    if (codes.size > 0) {
      await this.#satisfy(needed, entityId, codes)
      return null
    }
    const path = `${call.namespace}${call.path}`.slice(mount.fullPath.length)
    return this.#wait(mount, path, grant, entityId, needed)
  }

  async #applying(all: readonly Enforcement[], mount: Mount, entityId: string): Promise<Enforcement[]> {
    const identity = entityId === '' ? null : await this.#parts.identity.resolve(entityId)
    const groups = identity?.identity.groups.map((group) => group.id) ?? []
    return all.filter((one) => {
      const namespace = this.#parts.namespaces.byId(one.namespaceId)
      if (!namespace || !mount.namespace.path.startsWith(namespace.path)) return false
      return one.accessors.includes(mount.record.accessor) || one.types.includes(mount.record.type) || one.entityIds.includes(entityId) || groups.some((id) => one.groupIds.includes(id))
    })
  }

  async #wait(mount: Mount, path: string, grant: Grant, entityId: string, needed: readonly Enforcement[]): Promise<AuthReply> {
    const id = randomUUID()
    const expiresAt = this.#seconds() + pendingSeconds
    const pending: PendingLogin = { mountUuid: mount.record.uuid, namespaceId: mount.namespace.id, path, grant, entityId, enforcements: needed.map((one) => one.id), expiresAt }
    const digest = hash('sha256', id, 'hex')
    await this.#parts.root.update((tx) => {
      tx.write(`mfa/${keys.pending(digest)}`, pending)
      this.#parts.due.add(tx, { second: expiresAt, kind: 'mfa', id: digest })
    })
    const constraints: Record<string, unknown> = {}
    for (const one of needed) {
      const methods = await Promise.all(one.methodIds.map((methodId) => this.#view.read<TotpMethod>(keys.method(methodId))))
      constraints[one.name] = { any: methods.flatMap((method) => (method ? [{ type: method.type, id: method.id, uses_passcode: true, name: method.name }] : [])) }
    }
    return { clientToken: '', accessor: '', policies: [], tokenPolicies: [], identityPolicies: [], metadata: {}, leaseDuration: 0, renewable: false, entityId, tokenType: '', orphan: false, uses: 0, mfaRequirement: { mfa_request_id: id, mfa_constraints: constraints } }
  }

  /** Ends the second phase: the login that waited, when the codes are right; it can be used once. */
  async validate(namespaceId: string, requestId: string, codes: Codes): Promise<PendingLogin> {
    const key = keys.pending(hash('sha256', requestId, 'hex'))
    const pending = await this.#view.read<PendingLogin>(key)
    if (!pending || pending.expiresAt <= this.#seconds() || pending.namespaceId !== namespaceId) throw invalid('invalid request ID')
    const all = (await this.#view.read<Enforcement[]>(keys.enforcements)) ?? []
    const needed = all.filter((one) => pending.enforcements.includes(one.id))
    // An enforcement that was removed meanwhile may have been the reason to wait: begin again.
    if (needed.length !== pending.enforcements.length) throw invalid('the enforcement of this login was changed; log in again')
    await this.#satisfy(needed, pending.entityId, codes)
    await this.#view.update(async (tx) => {
      if (!(await tx.get(key))) throw invalid('invalid request ID')
      tx.delete(key)
    })
    return pending
  }

  /** Each enforcement needs one of its methods; each method's code is checked, and used up, once. */
  async #satisfy(needed: readonly Enforcement[], entityId: string, codes: Codes): Promise<void> {
    const checked = new Map<string, string | null>()
    for (const one of needed) {
      let reason = 'no code was given for any of its methods'
      let satisfied = false
      for (const methodId of one.methodIds) {
        if (!checked.has(methodId)) {
          const method = await this.#view.read<TotpMethod>(keys.method(methodId))
          const code = method && (codes.get(method.id) ?? codes.get((this.#parts.namespaces.byId(method.namespaceId)?.path ?? '') + method.name))
          if (!method || code === undefined || code === null) continue
          checked.set(methodId, await this.#check(method, entityId, code))
        }
        const refusal = checked.get(methodId)!
        if (refusal === null) satisfied = true
        else reason = refusal
        if (satisfied) break
      }
      if (!satisfied) throw new Fault('denied', `failed to satisfy enforcement ${one.name}. error: ${reason}`)
    }
  }

  /** Null when the code is right; it is used up then. Otherwise why not. */
  async #check(method: TotpMethod, entityId: string, code: string): Promise<string | null> {
    return this.#view.update(async (tx) => {
      const key = keys.secret(method.id, entityId)
      const secret = await tx.read<TotpSecret>(key)
      if (!secret) return 'the entity has no secret for this method'
      const now = this.#seconds()
      if (secret.blockedUntil > now) return `maximum TOTP validation attempts exceeded. Please try again in ${secret.blockedUntil - now} seconds`
      const step = matchingStep(method, secret.secret, code, now)
      if (step !== null && step > secret.lastStep) {
        tx.write(key, { ...secret, lastStep: step, failures: 0, blockedUntil: 0 } satisfies TotpSecret)
        return null
      }
      const failures = secret.failures + 1
      const blocked = failures >= method.maxAttempts
      tx.write(key, { ...secret, failures: blocked ? 0 : failures, blockedUntil: blocked ? now + blockSeconds : 0 } satisfies TotpSecret)
      return step === null ? 'failed to validate TOTP passcode' : 'code already used; wait until the next time period'
    })
  }

  /** Makes an entity's secret for a method and gives its otpauth URL; null where it has one. */
  async generate(method: TotpMethod, entityId: string): Promise<string | null> {
    const made = makeTotp(method, entityId)
    return this.#view.update(async (tx) => {
      const key = keys.secret(method.id, entityId)
      if (await tx.get(key)) return null
      tx.write(key, { secret: made.secret, lastStep: 0, failures: 0, blockedUntil: 0 } satisfies TotpSecret)
      return made.url
    })
  }

  destroySecret(methodId: string, entityId: string): Promise<void> {
    return this.#view.delete(keys.secret(methodId, entityId))
  }

  method(id: string): Promise<TotpMethod | null> {
    return this.#view.read<TotpMethod>(keys.method(id))
  }

  /** Ids of one namespace's methods. */
  methodIds(namespaceId: string): Promise<string[]> {
    return this.#view.children(keys.methodOf(namespaceId), { limit: 10_000 })
  }

  async putMethod(method: TotpMethod): Promise<void> {
    await this.#view.update(async (tx) => {
      const named = method.name === '' ? null : await tx.read<{ id: string }>(keys.methodName(method.namespaceId, method.name))
      if (named && named.id !== method.id) throw invalid(`a login MFA method configuration with the method name ${method.name} already exists`)
      const present = await tx.read<TotpMethod>(keys.method(method.id))
      if (present && present.name !== '' && present.name !== method.name) tx.delete(keys.methodName(method.namespaceId, present.name))
      if (method.name !== '') tx.write(keys.methodName(method.namespaceId, method.name), { id: method.id })
      tx.write(keys.method(method.id), method)
      tx.put(keys.methodOf(method.namespaceId, method.id), new Uint8Array(0))
    })
  }

  async methodByName(namespaceId: string, name: string): Promise<TotpMethod | null> {
    const named = await this.#view.read<{ id: string }>(keys.methodName(namespaceId, name))
    return named && this.method(named.id)
  }

  async deleteMethod(method: TotpMethod): Promise<void> {
    await this.#view.update(async (tx) => {
      const all = (await tx.read<Enforcement[]>(keys.enforcements)) ?? []
      const user = all.find((one) => one.methodIds.includes(method.id))
      if (user) throw invalid(`methodID is still used by an enforcement configuration with name "${user.name}"`)
      tx.delete(keys.method(method.id))
      tx.delete(keys.methodOf(method.namespaceId, method.id))
      if (method.name !== '') tx.delete(keys.methodName(method.namespaceId, method.name))
    })
    for (let left = await this.#view.keys(keys.secret(method.id, ''), { limit: 500 }); left.length > 0; left = await this.#view.keys(keys.secret(method.id, ''), { limit: 500 })) {
      const batch = left
      await this.#view.update((tx) => batch.forEach((key) => tx.delete(key)))
    }
  }

  async enforcements(namespaceId: string): Promise<Enforcement[]> {
    return ((await this.#view.read<Enforcement[]>(keys.enforcements)) ?? []).filter((one) => one.namespaceId === namespaceId)
  }

  async putEnforcement(wanted: Omit<Enforcement, 'id'>): Promise<void> {
    await this.#view.update(async (tx) => {
      const all = (await tx.read<Enforcement[]>(keys.enforcements)) ?? []
      const present = all.find((one) => one.namespaceId === wanted.namespaceId && one.name === wanted.name)
      if (!present && all.length >= maxEnforcements) throw invalid(`at most ${maxEnforcements} enforcements are kept`)
      const made: Enforcement = { id: present?.id ?? randomUUID(), ...wanted }
      tx.write(keys.enforcements, [...all.filter((one) => one !== present), made])
    })
  }

  /** Removes methods and enforcements of a namespace. */
  async forgetNamespace(namespaceId: string): Promise<void> {
    for (const one of await this.enforcements(namespaceId)) await this.deleteEnforcement(namespaceId, one.name)
    for (const id of await this.methodIds(namespaceId)) {
      const method = await this.method(id)
      if (method) await this.deleteMethod(method)
    }
  }

  async deleteEnforcement(namespaceId: string, name: string): Promise<void> {
    await this.#view.update(async (tx) => {
      const all = (await tx.read<Enforcement[]>(keys.enforcements)) ?? []
      tx.write(keys.enforcements, all.filter((one) => one.namespaceId !== namespaceId || one.name !== name))
    })
  }
}

/** `X-Vault-MFA: <method id or name>:<passcode>`, several in one header or in several. */
function codesOf(header: string | string[] | undefined): Codes {
  const codes = new Map<string, string>()
  for (const one of [header ?? []].flat().flatMap((line) => line.split(','))) {
    const at = one.indexOf(':')
    if (at > 0) codes.set(one.slice(0, at).trim(), one.slice(at + 1).trim().replace(/^passcode=/, ''))
  }
  return codes
}
