// Goes through the KV secrets of a namespace as the caller: folder by folder, page by page, each version by a request of its own
// through the gate. What policy refuses is counted and left out.
import type { Core } from '../../core/core.ts'
import type { Mount } from '../../core/mounts.ts'
import type { Answer } from '../../kit/answer.ts'
import { Fault } from '../../kit/errors.ts'
import { isObject } from '../../kit/field.ts'
import type { Context, Operation } from '../../kit/route.ts'

export interface FoundVersion {
  path: string
  version: number
  owner?: string
  live: boolean
  payload: Record<string, unknown>
}

const pageSize = 1000
const mostVersions = 100
/** Seconds that a rate quota is waited for before the walk gives up. */
const patience = 60

/** How the API of a mount is asked: where names are listed and where values are read. */
interface Places {
  names: string
  values: string
  mount: string
  versioned: boolean
}

interface Start extends Places {
  folder: string
}

export class Walk {
  /** Folders and secrets that policy does not open. */
  refused = 0
  readonly #context: Context
  readonly #starts: readonly Start[]

  private constructor(context: Context, starts: readonly Start[]) {
    this.#context = context
    this.#starts = starts
  }

  /** A walk over the KV mounts of the caller's namespace, or those of `wanted`. */
  static async begin(core: Core, context: Context, wanted: readonly string[]): Promise<Walk> {
    const token = context.presented !== null ? await core.tokens.lookup(context.presented) : context.caller.tokenKey !== null ? await core.tokens.byKey(context.caller.tokenKey) : null
    if (!token) throw new Fault('unauthenticated')
    const { acl } = await core.gate.session(token)
    const paths = wanted.map((path) => path.replace(/\/?$/, '/'))
    const mounts = core.mounts.of(context.mount.namespace, 'secret').filter(({ record }) => record.type === 'kv' && (paths.length === 0 || paths.includes(record.path)))
    const listed = acl.capabilities('')[0] === 'root' ? ['*'] : acl.patterns().filter(({ capabilities }) => capabilities.includes('list')).map(({ pattern }) => pattern)
    return new Walk(context, mounts.flatMap((mount) => startsOf(mount, listed)))
  }

  /** Every readable version of every secret: the newest first, older ones as far as they are kept and say something else. */
  async *versions(): AsyncGenerator<FoundVersion> {
    for (const { folder, ...places } of this.#starts) {
      for await (const name of this.#names(places.names, folder)) yield* this.#versionsOf(places, name)
    }
  }

  async *#names(base: string, start: string): AsyncGenerator<string> {
    const folders = [start]
    for (let folder = folders.pop(); folder !== undefined; folder = folders.pop()) {
      for (let after: string | undefined; ; ) {
        const keys = (await this.#ask('list', base + folder, { limit: pageSize, ...(after !== undefined && { after }) }))?.parts.data?.keys
        if (!Array.isArray(keys) || keys.length === 0) break
        for (const key of keys as string[]) {
          if (key.endsWith('/')) folders.push(folder + key)
          else yield folder + key
        }
        after = keys.at(-1) as string
      }
    }
  }

  async *#versionsOf({ values, mount, versioned }: Places, name: string): AsyncGenerator<FoundVersion> {
    const path = mount + name
    if (!versioned) {
      const data = (await this.#ask('read', values + name))?.parts.data
      if (data) yield { path, version: 0, live: true, payload: data }
      return
    }
    const seen = new Set<string>()
    let version = 0
    for (let count = 0; count < mostVersions; count++) {
      const found = (await this.#ask('read', values + name, count === 0 ? {} : { version }))?.parts.data
      const { metadata, data } = found ?? {}
      if (!isObject(metadata)) return
      if (count === 0) version = Number(metadata.version)
      if (isObject(data)) {
        const owner = ownerOf(metadata.custom_metadata)
        yield { path, version, ...(owner !== undefined && { owner }), live: count === 0, payload: withoutSeen(data, seen) }
      }
      if (!(--version > 0)) return
    }
  }

  /** Null where policy refuses or nothing is there. */
  async #ask(operation: Operation, path: string, body: Record<string, unknown> = {}): Promise<Answer | null> {
    for (let waited = 0; ; waited++) {
      this.#context.signal.throwIfAborted()
      try {
        return await this.#context.ask(operation, path, body)
      } catch (cause) {
        if (!(cause instanceof Fault)) throw cause
        if (cause.code === 'denied') this.refused++
        if (cause.code === 'denied' || cause.code === 'not-found') return null
        if (cause.code !== 'rate-limited' || waited === patience) throw cause
        await new Promise((resolve) => setTimeout(resolve, 1000))
      }
    }
  }
}

/** Folders from which the caller may list: those that policies name, none inside another. */
function startsOf({ record, namespace }: Mount, listed: readonly string[]): Start[] {
  const versioned = record.options.version === '2'
  const places = { names: versioned ? `${record.path}metadata/` : record.path, values: versioned ? `${record.path}data/` : record.path, mount: record.path, versioned }
  const base = (namespace.path + places.names).split('/').slice(0, -1)
  const folders = [...new Set(listed.map((pattern) => folderOf(pattern.split('/'), base)))].filter((folder) => folder !== null)
  return folders.filter((folder) => !folders.some((other) => other !== folder && folder.startsWith(other))).map((folder) => ({ ...places, folder }))
}

/** The folder below `base` that a pattern names before its first wildcard; null where it covers nothing there. */
function folderOf(pattern: readonly string[], base: readonly string[]): string | null {
  for (const [at, name] of base.entries()) {
    const part = pattern[at]
    if (part === undefined) return null
    if (part.endsWith('*') && at === pattern.length - 1) return name.startsWith(part.slice(0, -1)) ? '' : null
    if (part !== '+' && part !== name) return null
  }
  const rest = pattern.slice(base.length)
  const wild = rest.findIndex((part) => part === '+' || part.endsWith('*'))
  return (wild < 0 ? rest : rest.slice(0, wild)).filter((part) => part !== '').map((part) => `${part}/`).join('')
}

/** Whom the custom metadata names as owner. */
function ownerOf(custom: unknown): string | undefined {
  if (!isObject(custom)) return undefined
  const name = Object.keys(custom).find((key) => key.toLowerCase() === 'owner')
  return name === undefined ? undefined : String(custom[name])
}

/** The payload without what a newer version holds, too. */
function withoutSeen(payload: Record<string, unknown>, seen: Set<string>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(payload).filter(([name, value]) => {
    const text = `${name}\0${JSON.stringify(value)}`
    return !seen.has(text) && seen.add(text) !== undefined
  }))
}
