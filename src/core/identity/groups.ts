// Groups: internal ones with members that people name, external ones whose members a login method vouches for.
import { randomUUID } from 'node:crypto'
import { invalid } from '../../kit/errors.ts'
import type { Transaction, View } from '../../kit/view.ts'
import { type Alias, type Entity, type Group, type Pointer, checkMetadata, checkName, checkPolicies, idsBelow, keys } from './records.ts'

export interface GroupChange {
  name?: string | undefined
  type?: 'internal' | 'external' | undefined
  policies?: string[] | undefined
  metadata?: Record<string, string> | undefined
  memberEntityIds?: string[] | undefined
  memberGroupIds?: string[] | undefined
}

export interface GroupAliasChange {
  name?: string | undefined
  groupId?: string | undefined
  mountAccessor: string
  mountType: string
}

const deepest = 64

/** Makes a group, or changes the one with this id, else with this name. `visible` says which namespaces' entities may be members. */
export async function putGroup(view: View, namespaceId: string, id: string | undefined, change: GroupChange, visible: (namespaceId: string) => boolean, now: number): Promise<Group> {
  return view.update(async (tx) => {
    const named = change.name ? await tx.read<Pointer>(keys.groupName(namespaceId, change.name)) : null
    const present = await tx.read<Group>(keys.group(id || named?.id || 'none'))
    if (id && (!present || present.namespaceId !== namespaceId)) throw invalid('invalid group ID')
    if (named && present && named.id !== present.id) throw invalid('group name is already in use')
    const group = applied(present ?? fresh(namespaceId, now), change, now)
    if (present && change.type !== undefined && change.type !== present.type) throw invalid('group type cannot be changed')
    if (group.type === 'external' && (change.memberEntityIds?.length ?? 0) > 0) throw invalid('member entities can\'t be set manually for external groups')
    if (present && keys.groupName(namespaceId, present.name) !== keys.groupName(namespaceId, group.name)) tx.delete(keys.groupName(namespaceId, present.name))
    tx.write(keys.groupName(namespaceId, group.name), { id: group.id, name: group.name } satisfies Pointer)
    tx.put(keys.groupOf(namespaceId, group.id), new Uint8Array(0))
    if (change.memberEntityIds) await setMembers(tx, view, group, change.memberEntityIds, visible)
    if (change.memberGroupIds) group.memberGroupIds = await setMemberGroups(tx, group, [...new Set(change.memberGroupIds)], visible)
    tx.write(keys.group(group.id), group)
    return group
  })
}

const fresh = (namespaceId: string, now: number): Group => {
  const id = randomUUID()
  return { id, name: `group_${id.slice(0, 8)}`, namespaceId, type: 'internal', policies: [], metadata: {}, memberGroupIds: [], parentGroupIds: [], aliasId: null, createdAt: now, updatedAt: now }
}

function applied(group: Group, change: GroupChange, now: number): Group {
  if (change.name) checkName(change.name, 'name')
  if (change.metadata) checkMetadata(change.metadata)
  return {
    ...group,
    name: change.name || group.name,
    type: change.type ?? group.type,
    policies: change.policies ? checkPolicies(change.policies) : group.policies,
    metadata: change.metadata ?? group.metadata,
    updatedAt: now,
  }
}

async function setMembers(tx: Transaction, view: View, group: Group, wanted: readonly string[], visible: (namespaceId: string) => boolean): Promise<void> {
  const present = new Set(await idsBelow(view, keys.member(group.id)))
  for (const id of new Set(wanted)) {
    if (present.delete(id)) continue
    const entity = await tx.read<Entity>(keys.entity(id))
    if (!entity || !visible(entity.namespaceId)) throw invalid(`invalid entity ID "${id}"`)
    join(tx, group.id, entity)
  }
  for (const id of present) await leave(tx, group.id, id)
}

function join(tx: Transaction, groupId: string, entity: Entity): void {
  tx.put(keys.member(groupId, entity.id), new Uint8Array(0))
  if (!entity.groupIds.includes(groupId)) tx.write(keys.entity(entity.id), { ...entity, groupIds: [...entity.groupIds, groupId] })
}

async function leave(tx: Transaction, groupId: string, entityId: string): Promise<void> {
  tx.delete(keys.member(groupId, entityId))
  const entity = await tx.read<Entity>(keys.entity(entityId))
  if (entity) tx.write(keys.entity(entityId), { ...entity, groupIds: entity.groupIds.filter((one) => one !== groupId) })
}

/** Links both sides; refuses a circle. Returns the ids that stand. */
async function setMemberGroups(tx: Transaction, group: Group, wanted: string[], visible: (namespaceId: string) => boolean): Promise<string[]> {
  for (const id of group.memberGroupIds.filter((one) => !wanted.includes(one))) {
    const member = await tx.read<Group>(keys.group(id))
    if (member) tx.write(keys.group(id), { ...member, parentGroupIds: member.parentGroupIds.filter((one) => one !== group.id) })
  }
  const above = await ancestors(tx, group)
  for (const id of wanted) {
    if (id === group.id) throw invalid(`member group ID "${id}" is same as the ID of the group`)
    const member = await tx.read<Group>(keys.group(id))
    if (!member || !visible(member.namespaceId)) throw invalid(`invalid group ID "${id}"`)
    if (above.has(id)) throw invalid(`cyclic relationship detected for member group ID "${id}"`)
    if (!member.parentGroupIds.includes(group.id)) tx.write(keys.group(id), { ...member, parentGroupIds: [...member.parentGroupIds, group.id] })
  }
  return wanted
}

async function ancestors(tx: Transaction, group: Group): Promise<Set<string>> {
  const found = new Set<string>([group.id])
  let level = group.parentGroupIds
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > deepest) throw invalid(`groups are nested deeper than ${deepest}`)
    const next: string[] = []
    for (const id of level) {
      if (found.has(id)) continue
      found.add(id)
      next.push(...((await tx.read<Group>(keys.group(id)))?.parentGroupIds ?? []))
    }
    level = next
  }
  return found
}

/** Removes a group; what its members had through it ends at once. */
export async function deleteGroup(view: View, namespaceId: string, id: string): Promise<void> {
  const gone = await view.update(async (tx) => {
    const group = await tx.read<Group>(keys.group(id))
    if (!group || group.namespaceId !== namespaceId) return false
    await setMemberGroups(tx, group, [], () => true)
    for (const parentId of group.parentGroupIds) {
      const parent = await tx.read<Group>(keys.group(parentId))
      if (parent) tx.write(keys.group(parentId), { ...parent, memberGroupIds: parent.memberGroupIds.filter((one) => one !== id) })
    }
    const alias = group.aliasId && (await tx.read<Alias>(keys.groupAlias(group.aliasId)))
    if (alias) dropGroupAlias(tx, alias)
    tx.delete(keys.group(id))
    tx.delete(keys.groupOf(namespaceId, id))
    tx.delete(keys.groupName(namespaceId, group.name))
    return true
  })
  if (!gone) return
  for (let members = await idsBelow(view, keys.member(id), { limit: 200 }); members.length > 0; members = await idsBelow(view, keys.member(id), { limit: 200 })) {
    const batch = members
    await view.update(async (tx) => {
      for (const entityId of batch) await leave(tx, id, entityId)
    })
  }
}

function dropGroupAlias(tx: Transaction, alias: Alias): void {
  tx.delete(keys.groupAlias(alias.id))
  tx.delete(keys.groupAliasOf(alias.namespaceId, alias.id))
  tx.delete(keys.groupAliasName(alias.mountAccessor, alias.name))
}

function writeNewExternal(tx: Transaction, namespaceId: string, now: number): Group {
  const group: Group = { ...fresh(namespaceId, now), type: 'external' }
  tx.write(keys.group(group.id), group)
  tx.put(keys.groupOf(namespaceId, group.id), new Uint8Array(0))
  tx.write(keys.groupName(namespaceId, group.name), { id: group.id, name: group.name } satisfies Pointer)
  return group
}

/** Ties an external group to a name that a login method gives; without a group, a new one is made. */
export async function putGroupAlias(view: View, namespaceId: string, id: string | undefined, change: GroupAliasChange, now: number): Promise<Alias> {
  return view.update(async (tx) => {
    const named = change.name ? await tx.read<Pointer>(keys.groupAliasName(change.mountAccessor, change.name)) : null
    const present = await tx.read<Alias>(keys.groupAlias(id || named?.id || 'none'))
    if (id && (!present || present.namespaceId !== namespaceId)) throw invalid('invalid alias ID')
    if (named && present && named.id !== present.id) throw invalid('alias name and mount accessor are already in use')
    const name = change.name || present?.name
    if (!name) throw invalid('missing alias name')
    const groupId = change.groupId || present?.ownerId
    const group = groupId ? await tx.read<Group>(keys.group(groupId)) : writeNewExternal(tx, namespaceId, now)
    if (!group || group.namespaceId !== namespaceId) throw invalid('invalid canonical ID')
    if (group.type !== 'external') throw invalid('alias can only be set on external groups')
    if (group.aliasId !== null && group.aliasId !== present?.id) throw invalid('the group has an alias already')
    const alias: Alias = {
      id: present?.id ?? randomUUID(),
      name,
      ownerId: group.id,
      mountAccessor: change.mountAccessor,
      mountType: change.mountType,
      namespaceId,
      metadata: {},
      customMetadata: {},
      mergedFrom: [],
      createdAt: present?.createdAt ?? now,
      updatedAt: now,
    }
    if (present) {
      dropGroupAlias(tx, present)
      const former = present.ownerId === group.id ? null : await tx.read<Group>(keys.group(present.ownerId))
      if (former) tx.write(keys.group(former.id), { ...former, aliasId: null })
    }
    tx.write(keys.groupAlias(alias.id), alias)
    tx.put(keys.groupAliasOf(namespaceId, alias.id), new Uint8Array(0))
    tx.write(keys.groupAliasName(alias.mountAccessor, alias.name), { id: alias.id } satisfies Pointer)
    if (group.aliasId !== alias.id) tx.write(keys.group(group.id), { ...group, aliasId: alias.id })
    return alias
  })
}

export async function deleteGroupAlias(view: View, namespaceId: string, id: string): Promise<void> {
  await view.update(async (tx) => {
    const alias = await tx.read<Alias>(keys.groupAlias(id))
    if (!alias || alias.namespaceId !== namespaceId) return
    const group = await tx.read<Group>(keys.group(alias.ownerId))
    if (group) tx.write(keys.group(group.id), { ...group, aliasId: null })
    dropGroupAlias(tx, alias)
  })
}

/** External groups of one mount that these names stand for. */
export async function groupsNamed(view: Pick<View, 'read'>, mountAccessor: string, names: readonly string[]): Promise<string[]> {
  const found: string[] = []
  for (const name of new Set(names)) {
    const pointer = await view.read<Pointer>(keys.groupAliasName(mountAccessor, name))
    const alias = pointer && (await view.read<Alias>(keys.groupAlias(pointer.id)))
    if (alias) found.push(alias.ownerId)
  }
  return found
}

/** Makes an entity a member of exactly these external groups of a mount; leaves every other group alone. */
export async function refreshExternal(view: View, entityId: string, mountAccessor: string, wanted: readonly string[]): Promise<void> {
  await view.update(async (tx) => {
    const entity = await tx.read<Entity>(keys.entity(entityId))
    if (!entity) return
    const kept: string[] = []
    for (const id of entity.groupIds) {
      if (wanted.includes(id) || !(await isOf(tx, id, mountAccessor))) kept.push(id)
      else tx.delete(keys.member(id, entityId))
    }
    const added = wanted.filter((id) => !kept.includes(id))
    for (const id of added) tx.put(keys.member(id, entityId), new Uint8Array(0))
    tx.write(keys.entity(entityId), { ...entity, groupIds: [...kept, ...added] })
  })
}

/** Whether a group is an external one whose alias belongs to the mount. */
export async function isOf(reader: Pick<View, 'read'>, groupId: string, mountAccessor: string): Promise<boolean> {
  const group = await reader.read<Group>(keys.group(groupId))
  if (!group?.aliasId) return false
  return (await reader.read<Alias>(keys.groupAlias(group.aliasId)))?.mountAccessor === mountAccessor
}
