// Identity: entities behind aliases of several login methods, and groups of them. What the gate and logins ask for.
import { randomUUID } from 'node:crypto'
import type { View } from '../../kit/view.ts'
import type { Mounts } from '../mounts.ts'
import type { Namespaces } from '../namespaces.ts'
import type { PolicySet } from '../policies.ts'
import type { PolicyAlias } from '../policy/index.ts'
import { deleteEntity, findEntity, groupsOf, newEntity, writeAlias, writeNewEntity } from './entities.ts'
import { deleteGroup, groupsNamed, isOf, refreshExternal } from './groups.ts'
import { type Alias, type Entity, type Group, type Pointer, idsBelow, keys } from './records.ts'
import type { IdentitySource, LoginAlias, ResolvedIdentity } from './shape.ts'

const cacheLimit = 10_000

interface Known {
  alias: Alias
  entity: Entity
}

export class Identity implements IdentitySource {
  readonly view: View
  readonly namespaces: Namespaces
  readonly mounts: Mounts
  #resolved = new Map<string, ResolvedIdentity>()
  /** What logins found, by mount and name. */
  #known = new Map<string, Known>()
  /** Raised at each change, so that what was resolved meanwhile is not kept. */
  #generation = 0

  constructor(view: View, namespaces: Namespaces, mounts: Mounts) {
    this.view = view
    this.namespaces = namespaces
    this.mounts = mounts
  }

  /** Drops what was resolved; called when an entity or a group changed anywhere. */
  forget(): void {
    this.#generation++
    this.#resolved.clear()
    this.#known.clear()
  }

  /** Whether there is such an entity in this namespace itself. */
  async belongs(entityId: string, namespaceId: string): Promise<boolean> {
    return (await findEntity(this.view, entityId))?.namespaceId === namespaceId
  }

  async resolve(entityId: string): Promise<ResolvedIdentity | null> {
    const ready = this.#resolved.get(entityId)
    if (ready) return ready
    const generation = this.#generation
    const entity = await findEntity(this.view, entityId)
    if (!entity) return null
    const resolved = await this.#resolve(entity)
    if (generation === this.#generation) {
      if (this.#resolved.size >= cacheLimit) this.#resolved.clear()
      this.#resolved.set(entityId, resolved)
    }
    return resolved
  }

  async #resolve(entity: Entity): Promise<ResolvedIdentity> {
    const groups = await groupsOf(this.view, entity)
    const aliases = new Map<string, PolicyAlias>()
    for (const id of entity.aliasIds) {
      const alias = await this.view.read<Alias>(keys.alias(id))
      if (alias) aliases.set(alias.mountAccessor, { id, name: alias.name, metadata: alias.metadata, customMetadata: alias.customMetadata })
    }
    return {
      disabled: entity.disabled,
      policies: this.#policySets([entity, ...groups]),
      identity: { entity: { id: entity.id, name: entity.name, metadata: entity.metadata, aliases }, groups: groups.map(({ id, name, metadata }) => ({ id, name, metadata })) },
    }
  }

  /** One set for each namespace. */
  #policySets(holders: readonly (Entity | Group)[]): PolicySet[] {
    const names = new Map<string, Set<string>>()
    for (const { namespaceId, policies } of holders) {
      if (policies.length === 0) continue
      const set = names.get(namespaceId) ?? new Set<string>()
      names.set(namespaceId, set)
      policies.forEach((name) => set.add(name))
    }
    return [...names].flatMap(([namespaceId, set]) => {
      const namespace = this.namespaces.byId(namespaceId)
      return namespace ? [{ namespace: namespace.path, namespaceId, names: [...set].sort() }] : []
    })
  }

  async login(login: LoginAlias): Promise<string> {
    const found = await this.#find(login.mountAccessor, login.name)
    const known = found && sameMetadata(found.alias.metadata, login.metadata) ? found.entity : await this.#enrol(login)
    if (login.groups.length > 0 || known.groupIds.length > 0) await this.#refreshGroups(known, login)
    return known.id
  }

  async #find(mountAccessor: string, name: string): Promise<Known | null> {
    const place = `${mountAccessor}/${name}`
    const ready = this.#known.get(place)
    if (ready) return ready
    const generation = this.#generation
    const pointer = await this.view.read<Pointer>(keys.aliasName(mountAccessor, name))
    const alias = pointer && (await this.view.read<Alias>(keys.alias(pointer.id)))
    const entity = alias && (await this.view.read<Entity>(keys.entity(alias.ownerId)))
    if (!entity) return null
    if (generation === this.#generation) {
      if (this.#known.size >= cacheLimit) this.#known.clear()
      this.#known.set(place, { alias, entity })
    }
    return { alias, entity }
  }

  /** Makes entity and alias, or brings the alias up to date. */
  async #enrol(login: LoginAlias): Promise<Entity> {
    return this.view.update(async (tx) => {
      const now = Date.now()
      const pointer = await tx.read<Pointer>(keys.aliasName(login.mountAccessor, login.name))
      const present = pointer && (await tx.read<Alias>(keys.alias(pointer.id)))
      const owner = present && (await tx.read<Entity>(keys.entity(present.ownerId)))
      // Of many first logins at once all but one find that another made it.
      if (owner && sameMetadata(present!.metadata, login.metadata)) return owner
      const entity = owner ?? newEntity(login.namespaceId, undefined, now)
      const alias: Alias = {
        ...(present ?? { id: randomUUID(), customMetadata: {}, mergedFrom: [], createdAt: now }),
        name: present?.name ?? login.name,
        ownerId: entity.id,
        mountAccessor: login.mountAccessor,
        mountType: login.mountType,
        namespaceId: login.namespaceId,
        metadata: login.metadata,
        updatedAt: now,
      }
      if (!owner) writeNewEntity(tx, { ...entity, aliasIds: [alias.id] })
      writeAlias(tx, alias)
      return entity
    })
  }

  /** Removes every entity and group of a namespace. */
  async forgetNamespace(namespaceId: string): Promise<void> {
    for (let ids = await idsBelow(this.view, keys.groupOf(namespaceId), { limit: 500 }); ids.length > 0; ids = await idsBelow(this.view, keys.groupOf(namespaceId), { limit: 500 })) {
      for (const id of ids) await deleteGroup(this.view, namespaceId, id)
    }
    for (let ids = await idsBelow(this.view, keys.entityOf(namespaceId), { limit: 500 }); ids.length > 0; ids = await idsBelow(this.view, keys.entityOf(namespaceId), { limit: 500 })) {
      for (const id of ids) await deleteEntity(this.view, namespaceId, id)
    }
  }

  async #refreshGroups(entity: Entity, login: LoginAlias): Promise<void> {
    const wanted = await groupsNamed(this.view, login.mountAccessor, login.groups)
    const present: string[] = []
    for (const id of entity.groupIds) if (await isOf(this.view, id, login.mountAccessor)) present.push(id)
    const same = wanted.length === present.length && wanted.every((id) => present.includes(id))
    if (!same) await refreshExternal(this.view, entity.id, login.mountAccessor, wanted)
  }
}

function sameMetadata(a: Readonly<Record<string, string>>, b: Readonly<Record<string, string>>): boolean {
  const names = Object.keys(a)
  return names.length === Object.keys(b).length && names.every((name) => a[name] === b[name])
}
