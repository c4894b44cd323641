// Lists over the wire: whole unless the client asks for a page, read from the store by pages either way.
import { integer, text } from './field.ts'
import type { Page } from './storage.ts'
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

/** A page of names that are known as a whole, in their order. */
export function takePage(names: readonly string[], { after = '', limit }: { after?: string | undefined; limit: number }): string[] {
  const sorted = names.filter((name) => name > after).sort()
  return limit > 0 ? sorted.slice(0, limit) : sorted
}

/** How many names there are, page by page. */
export async function countNames(list: (page: Page) => Promise<string[]>): Promise<number> {
  let count = 0
  for (let after: string | undefined; ; ) {
    const found = await list(after === undefined ? { limit: pageSize } : { after, limit: pageSize })
    count += found.length
    if (found.length < pageSize) return count
    after = found.at(-1)
  }
}
