// Lists over the wire: whole unless the client asks for a page, read from the store by pages either way.
import { integer, text } from './field.ts'
import type { View } from './view.ts'

/** Fields of a LIST that can be paged. */
export const pageFields = {
  after: text({ about: 'List names after this one.' }),
  limit: integer({ about: 'At most so many names; default all.', default: 0 }),
}

const pageSize = 1000

/** Names directly below `folder`, all of them unless `limit` is above 0. */
export async function listChildren(store: View, folder: string, page: { after?: string | undefined; limit: number } = { limit: 0 }): Promise<string[]> {
  const names: string[] = []
  for (let after = page.after; ; after = names.at(-1)) {
    const limit = page.limit > 0 ? Math.min(page.limit - names.length, pageSize) : pageSize
    const found = await store.children(folder, after ? { after, limit } : { limit })
    names.push(...found)
    if (found.length < limit || names.length === page.limit) return names
  }
}
