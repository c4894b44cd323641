// Entities and their aliases: one transaction for each change, so that names and aliases stay unique.
import { randomUUID } from 'node:crypto'
import { Fault, invalid } from '../../kit/errors.ts'
import type { Transaction, View } from '../../kit/view.ts'
import { type Alias, type Entity, type Group, type Pointer, checkMetadata, checkName, checkPolicies, keys } from './records.ts'

export interface EntityChange {
  name?: string | undefined
  policies?: string[] | undefined
  metadata?: Record<string, string> | undefined
  disabled?: boolean | undefined
}

export interface AliasChange {
  name?: string | undefined
  entityId?: string | undefined
  mountAccessor: string
  mountType: string
  metadata?: Record<string, string> | undefined
  customMetadata?: Record<string, string> | undefined
}

export function newEntity(namespaceId: string, name: string | undefined, now: number): Entity {
  const id = randomUUID()
  return { id, name: name || `entity_${id.slice(0, 8)}`, namespaceId, policies: [], metadata: {}, disabled: false, aliasIds: [], groupIds: [], mergedIds: [], createdAt: now, updatedAt: now }
}

export function writeNewEntity(tx: Transaction, entity: Entity): void {
  tx.write(keys.entity(entity.id), entity)
  tx.put(keys.entityOf(entity.namespaceId, entity.id), new Uint8Array(0))
  tx.write(keys.entityName(entity.namespaceId, entity.name), { id: entity.id, name: entity.name } satisfies Pointer)
}

export function writeAlias(tx: Transaction, alias: Alias): void {
  tx.write(keys.alias(alias.id), alias)
  tx.put(keys.aliasOf(alias.namespaceId, alias.id), new Uint8Array(0))
  tx.write(keys.aliasName(alias.mountAccessor, alias.name), { id: alias.id } satisfies Pointer)
}

export function dropAlias(tx: Transaction, alias: Alias): void {
  tx.delete(keys.alias(alias.id))
  tx.delete(keys.aliasOf(alias.namespaceId, alias.id))
  tx.delete(keys.aliasName(alias.mountAccessor, alias.name))
}

function applied(entity: Entity, change: EntityChange, now: number): Entity {
  if (change.name !== undefined && change.name !== '') checkName(change.name, 'name')
  if (change.metadata) checkMetadata(change.metadata)
  return {
    ...entity,
    name: change.name || entity.name,
    policies: change.policies ? checkPolicies(change.policies) : entity.policies,
    metadata: change.metadata ?? entity.metadata,
    disabled: change.disabled ?? entity.disabled,
    updatedAt: now,
  }
}

/** Makes an entity, or changes the one with this id, else with this name. */
export async function putEntity(view: View, namespaceId: string, id: string | undefined, change: EntityChange, now: number): Promise<{ entity: Entity; made: boolean }> {
  return view.update(async (tx) => {
    const named = change.name ? await tx.read<Pointer>(keys.entityName(namespaceId, change.name)) : null
    const present = id ? await tx.read<Entity>(keys.entity(id)) : named && (await tx.read<Entity>(keys.entity(named.id)))
    if (id && (!present || present.namespaceId !== namespaceId)) throw invalid('entity not found from id')
    if (!present) {
      const entity = applied(newEntity(namespaceId, change.name, now), change, now)
      writeNewEntity(tx, entity)
      return { entity, made: true }
    }
    const entity = applied(present, change, now)
    if (named && named.id !== present.id) throw invalid('entity name is already in use')
    if (entity.name !== present.name) {
      tx.delete(keys.entityName(namespaceId, present.name))
      tx.write(keys.entityName(namespaceId, entity.name), { id: entity.id, name: entity.name } satisfies Pointer)
    }
    tx.write(keys.entity(entity.id), entity)
    return { entity, made: false }
  })
}

/** Removes an entity with its aliases and memberships; its tokens open nothing from here on. */
export async function deleteEntity(view: View, namespaceId: string, id: string): Promise<void> {
  await view.update(async (tx) => {
    const entity = await tx.read<Entity>(keys.entity(id))
    if (!entity || entity.namespaceId !== namespaceId) return
    for (const aliasId of entity.aliasIds) {
      const alias = await tx.read<Alias>(keys.alias(aliasId))
      if (alias) dropAlias(tx, alias)
    }
    for (const groupId of entity.groupIds) tx.delete(keys.member(groupId, id))
    dropEntity(tx, entity)
  })
}

export function dropEntity(tx: Transaction, entity: Entity): void {
  tx.delete(keys.entity(entity.id))
  tx.delete(keys.entityOf(entity.namespaceId, entity.id))
  tx.delete(keys.entityName(entity.namespaceId, entity.name))
}

/** Makes an alias, or changes the one with this id, else with this mount and name; moves it where another entity is named. */
export async function putAlias(view: View, namespaceId: string, id: string | undefined, change: AliasChange, now: number): Promise<Alias> {
  return view.update(async (tx) => {
    if (change.customMetadata) checkMetadata(change.customMetadata)
    const named = change.name ? await tx.read<Pointer>(keys.aliasName(change.mountAccessor, change.name)) : null
    const present = await tx.read<Alias>(keys.alias(id || named?.id || 'none'))
    if (id && (!present || present.namespaceId !== namespaceId)) throw invalid('invalid alias ID')
    if (named && present && named.id !== present.id) throw invalid('alias name and mount accessor are already in use')
    const name = change.name || present?.name
    if (!name) throw invalid('missing alias name')
    checkName(name, 'name')
    const owner = await ownerOf(tx, namespaceId, change.entityId || present?.ownerId, now)
    const alias: Alias = {
      id: present?.id ?? randomUUID(),
      name,
      ownerId: owner.id,
      mountAccessor: change.mountAccessor,
      mountType: change.mountType,
      namespaceId,
      metadata: change.metadata ?? present?.metadata ?? {},
      customMetadata: change.customMetadata ?? present?.customMetadata ?? {},
      mergedFrom: present?.mergedFrom ?? [],
      createdAt: present?.createdAt ?? now,
      updatedAt: now,
    }
    await refuseSecond(tx, owner, alias)
    if (present && present.ownerId !== owner.id) await detach(tx, present)
    if (present) dropAlias(tx, present)
    writeAlias(tx, alias)
    if (!owner.aliasIds.includes(alias.id)) tx.write(keys.entity(owner.id), { ...owner, aliasIds: [...owner.aliasIds, alias.id], updatedAt: now })
    return alias
  })
}

async function ownerOf(tx: Transaction, namespaceId: string, id: string | undefined, now: number): Promise<Entity> {
  if (id) {
    const entity = await tx.read<Entity>(keys.entity(id))
    if (!entity || entity.namespaceId !== namespaceId) throw invalid('invalid canonical ID')
    return entity
  }
  const entity = newEntity(namespaceId, undefined, now)
  writeNewEntity(tx, entity)
  return entity
}

/** An entity has at most one alias of a mount: otherwise templates could not tell which is meant. */
async function refuseSecond(tx: Transaction, owner: Entity, alias: Alias): Promise<void> {
  for (const other of owner.aliasIds) {
    if (other === alias.id) continue
    if ((await tx.read<Alias>(keys.alias(other)))?.mountAccessor === alias.mountAccessor) throw invalid('Entity already has an alias of this mount accessor; only one alias per mount is allowed')
  }
}

async function detach(tx: Transaction, alias: Alias): Promise<void> {
  const former = await tx.read<Entity>(keys.entity(alias.ownerId))
  if (former) tx.write(keys.entity(former.id), { ...former, aliasIds: former.aliasIds.filter((id) => id !== alias.id) })
}

export async function deleteAlias(view: View, namespaceId: string, id: string): Promise<void> {
  await view.update(async (tx) => {
    const alias = await tx.read<Alias>(keys.alias(id))
    if (!alias || alias.namespaceId !== namespaceId) return
    await detach(tx, alias)
    dropAlias(tx, alias)
  })
}

export interface Merge {
  toId: string
  fromIds: string[]
  keepAliasIds: string[]
}

/** Moves aliases, groups and policies of several entities to one; their ids lead to it from here on. */
export async function mergeEntities(view: View, namespaceId: string, { toId, fromIds, keepAliasIds }: Merge, now: number): Promise<void> {
  if (fromIds.length === 0) throw invalid('missing entity ids to merge from')
  if (fromIds.includes(toId)) throw invalid('"to_entity_id" should not be present in "from_entity_ids"')
  if (new Set(fromIds).size !== fromIds.length) throw invalid('duplicate entries in "from_entity_ids"')
  await view.update(async (tx) => {
    const to = await tx.read<Entity>(keys.entity(toId))
    if (!to || to.namespaceId !== namespaceId) throw invalid('entity id to merge to is invalid')
    const into: Entity = { ...to, updatedAt: now }
    const byMount = new Map<string, Alias>()
    for (const id of to.aliasIds) {
      const alias = await tx.read<Alias>(keys.alias(id))
      if (alias) byMount.set(alias.mountAccessor, alias)
    }
    for (const fromId of fromIds) {
      const from = await tx.read<Entity>(keys.entity(fromId))
      if (!from || from.namespaceId !== namespaceId) throw invalid(`entity id to merge from is invalid: "${fromId}"`)
      await takeIn(tx, into, from, byMount, keepAliasIds, fromIds.length > 1)
    }
    tx.write(keys.entity(into.id), { ...into, aliasIds: [...byMount.values()].map((alias) => alias.id) })
  })
}

async function takeIn(tx: Transaction, into: Entity, from: Entity, byMount: Map<string, Alias>, keep: readonly string[], several: boolean): Promise<void> {
  for (const id of from.aliasIds) {
    const alias = await tx.read<Alias>(keys.alias(id))
    if (!alias) continue
    const rival = byMount.get(alias.mountAccessor)
    if (rival) {
      const kept = keep.filter((one) => one === rival.id || one === alias.id)
      if (kept.length !== 1 || several) throw new Fault('invalid', `toEntity and at least one fromEntity have aliases with the same mount accessor, repeat the merge request specifying exactly one fromEntity and, in conflicting_alias_ids_to_keep, one of: ${rival.id}, ${alias.id}`)
      dropAlias(tx, kept[0] === alias.id ? rival : alias)
      if (kept[0] === rival.id) continue
    }
    const moved = { ...alias, ownerId: into.id, mergedFrom: [...alias.mergedFrom, from.id] }
    writeAlias(tx, moved)
    byMount.set(alias.mountAccessor, moved)
  }
  for (const groupId of from.groupIds) {
    tx.delete(keys.member(groupId, from.id))
    tx.put(keys.member(groupId, into.id), new Uint8Array(0))
  }
  into.groupIds = [...new Set([...into.groupIds, ...from.groupIds])]
  into.policies = checkPolicies([...into.policies, ...from.policies])
  into.metadata = { ...from.metadata, ...into.metadata }
  into.mergedIds = [...into.mergedIds, from.id]
  dropEntity(tx, from)
  tx.write(keys.merged(from.id), { id: into.id } satisfies Pointer)
}

/** The entity of an id, of one that was merged too; null where there is none. */
export async function findEntity(view: Pick<View, 'read'>, id: string): Promise<Entity | null> {
  for (let hops = 0, wanted = id; hops < 16; hops++) {
    const entity = await view.read<Entity>(keys.entity(wanted))
    if (entity) return entity
    const next = await view.read<Pointer>(keys.merged(wanted))
    if (!next) return null
    wanted = next.id
  }
  return null
}

/** Groups of an entity: its own, and those that contain them, nearest first; each once. */
export async function groupsOf(view: Pick<View, 'read'>, entity: Entity): Promise<Group[]> {
  const found = new Map<string, Group>()
  const open = [...entity.groupIds]
  for (let id = open.shift(); id !== undefined; id = open.shift()) {
    if (found.has(id)) continue
    const group = await view.read<Group>(keys.group(id))
    if (!group) continue
    found.set(id, group)
    open.push(...group.parentGroupIds)
  }
  return [...found.values()]
}
