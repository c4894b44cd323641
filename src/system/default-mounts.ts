// What a server that is to be used at once has mounted: secrets, parameters, keys, and access keys.
import type { Core } from '../core/core.ts'
import type { MountRecord } from '../core/mounts.ts'
import type { Namespace } from '../core/namespaces.ts'

/** Makes the usual mounts of a namespace where they are not there yet. `kv`: version at `secret/`; null leaves that one out. */
export async function mountDefaults(core: Core, namespace: Namespace, kv: 1 | 2 | null = 2): Promise<void> {
  const wanted: (Pick<MountRecord, 'class' | 'path' | 'type'> & Partial<MountRecord>)[] = [
    ...(kv === null ? [] : [{ class: 'secret' as const, path: 'secret/', type: 'kv', options: { version: String(kv) }, description: 'key/value secret storage' }]),
    { class: 'secret', path: 'parameter/', type: 'kv', options: { version: '2' }, description: 'parameters', implied: true },
    { class: 'secret', path: 'transit/', type: 'transit', description: 'encryption as a service', implied: true },
    { class: 'auth', path: 'auth/aws/', type: 'aws', description: 'access keys and roles', implied: true },
  ]
  await core.refresh()
  for (const mount of wanted) if (!core.mounts.at(namespace.path + mount.path)) await core.mounts.create(namespace, mount)
}
