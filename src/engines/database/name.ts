// Names of connections and roles.
import { invalid } from '../../kit/errors.ts'
import { field } from '../../kit/field.ts'
import type { Reader } from '../../kit/view.ts'

const pattern = /^\w(?:[\w.@-]*\w)?$/
const named = field({ type: 'string', pattern: pattern.source }, (raw, name) => {
  if (typeof raw !== 'string' || !pattern.test(raw)) throw invalid(`${name}: letters, digits, and . - _ @ inside`)
  return raw
})

export const nameField = (about: string) => named({ about, required: true })

/** Where roles and static roles are kept. */
export const roleFolder = 'role/'
export const staticRoleFolder = 'static-role/'

/** Throws `invalid` where the name belongs to a role of the other kind: policies and leases would mix them up. */
export async function checkFree(store: Reader, folder: string, name: string): Promise<void> {
  if (await store.get(folder + name)) throw invalid('Role and Static Role names must be unique')
}
