// Names of connections and roles, and their lists.
import { invalid } from '../../kit/errors.ts'
import { field, integer, text } from '../../kit/field.ts'
import type { Reader, View } from '../../kit/view.ts'

const pattern = /^\w(?:[\w.@-]*\w)?$/
const named = field({ type: 'string', pattern: pattern.source }, (raw, name) => {
  if (typeof raw !== 'string' || !pattern.test(raw)) throw invalid(`${name}: letters, digits, and . - _ @ inside`)
  return raw
})

export const nameField = (about: string) => named({ about, required: true })

export const listFields = { after: text({ about: 'List names after this one.' }), limit: integer({ about: 'At most so many names; default all.', default: 0 }) }

const pageSize = 1000

/** Names below a folder, all of them unless a limit is given. */
export async function listNames(store: View, folder: string, page: { after?: string | undefined; limit: number }): Promise<string[]> {
  const names: string[] = []
  for (let after = page.after; ; after = names.at(-1)) {
    const limit = page.limit > 0 ? Math.min(page.limit - names.length, pageSize) : pageSize
    const found = await store.children(folder, after ? { after, limit } : { limit })
    names.push(...found)
    if (found.length < limit || (page.limit > 0 && names.length >= page.limit)) return names
  }
}

/** Where roles and static roles are kept. */
export const roleFolder = 'role/'
export const staticRoleFolder = 'static-role/'

/** Throws `invalid` where the name belongs to a role of the other kind: policies and leases would mix them up. */
export async function checkFree(store: Reader, folder: string, name: string): Promise<void> {
  if (await store.get(folder + name)) throw invalid('Role and Static Role names must be unique')
}
