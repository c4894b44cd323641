// What the tests of audit share: a view in memory, a token, a mount, a request.
import type { AuditDevice, AuditLimits, AuditType } from '../../kit/audit.ts'
import type { Reader, Transaction, View, Writer } from '../../kit/view.ts'
import type { AuditMount, AuditSubject, AuditToken } from './entry.ts'

export function memoryView(): View {
  const store = new Map<string, Uint8Array>()
  const reader: Reader = {
    get: async (key) => store.get(key) ?? null,
    read: async (key) => (store.has(key) ? JSON.parse(Buffer.from(store.get(key)!).toString()) : null),
  }
  const writer: Writer = {
    put: (key, value) => void store.set(key, value),
    write: (key, value) => void store.set(key, Buffer.from(JSON.stringify(value))),
    mark: (key) => void store.set(key, new Uint8Array(0)),
    delete: (key) => void store.delete(key),
  }
  let last: Promise<unknown> = Promise.resolve()
  const view: View = {
    ...reader,
    getSoon: reader.get,
    soon: reader.read,
    keys: async (prefix) => [...store.keys()].filter((key) => key.startsWith(prefix)).sort(),
    children: async () => [],
    put: async (key, value) => writer.put(key, value),
    write: async (key, value) => writer.write(key, value),
    delete: async (key) => writer.delete(key),
    update(change) {
      const result = last.then(() => change({ ...reader, ...writer } as Transaction))
      last = result.catch(() => undefined)
      return result
    },
    at: () => view,
  }
  return view
}

export const sampleToken: AuditToken = {
  clientToken: 'sample-client-token',
  accessor: 'sample-accessor',
  displayName: 'userpass-ada',
  policies: ['default', 'app'],
  tokenPolicies: ['default', 'app'],
  identityPolicies: [],
  entityId: '6b1a3a3e-0000-4000-8000-000000000001',
  tokenType: 'service',
  tokenTtl: 3600,
  tokenIssueTime: '2026-01-01T00:00:00Z',
  metadata: { username: 'ada' },
}

export const sampleMount: AuditMount = { path: 'secret/', type: 'kv', accessor: 'kv_00000001', class: 'secret' }

let made = 0

export function sampleSubject(more: Partial<AuditSubject> = {}): AuditSubject {
  return {
    requestId: `request-${++made}`,
    operation: 'read',
    path: 'secret/data/app',
    namespace: { id: 'root', path: '' },
    mount: sampleMount,
    token: sampleToken,
    allowed: true,
    granting: ['app'],
    remote: { address: '127.0.0.1', port: 50000 },
    headers: { 'user-agent': 'probe/1', authorization: 'Bearer sample-client-token' },
    data: null,
    wrapTtl: 0,
    ...more,
  }
}

/** A device that keeps its lines, those of one turn as one batch; it can be told to fail, and to go on to a new file. */
export class KeptLines {
  lines: string[] = []
  failing = false
  /** Numbers of the lines with which a new file began. */
  readonly files: number[] = []
  #pending: Promise<void> | null = null
  #rotating = false

  /** The next batch goes to a new file. */
  rotate(): void {
    this.#rotating = true
  }

  type(name = 'kept'): AuditType {
    return { type: name, about: 'Keeps lines.', open: async (_options, { moved }) => KeptLines.#open(this, name, moved) }
  }

  static #open(kept: KeptLines, type: string, moved: AuditLimits['moved']): AuditDevice {
    const end = (first: string, resolve: () => void): void => {
      kept.#pending = null
      if (kept.#rotating) {
        kept.#rotating = false
        kept.files.push(kept.lines.indexOf(first))
        moved?.(Buffer.from(first))
      }
      resolve()
    }
    return {
      type,
      get gathering() {
        return kept.#pending !== null
      },
      write(bytes, from, to) {
        if (kept.failing) return Promise.reject(new Error('the device fails'))
        const line = bytes.toString('utf8', from, to)
        kept.lines.push(line)
        return (kept.#pending ??= new Promise((resolve) => setImmediate(() => end(line, resolve))))
      },
      reopen: async () => undefined,
      close: async () => undefined,
    }
  }
}
