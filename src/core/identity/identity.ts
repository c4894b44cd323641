// Identity: entities behind aliases of several login methods, and groups of them.
import type { View } from '../../kit/view.ts'
import type { Mounts } from '../mounts.ts'
import type { Namespaces } from '../namespaces.ts'
import type { IdentitySource, LoginAlias, ResolvedIdentity } from './shape.ts'

export class Identity implements IdentitySource {
  readonly view: View
  readonly namespaces: Namespaces
  readonly mounts: Mounts

  constructor(view: View, namespaces: Namespaces, mounts: Mounts) {
    this.view = view
    this.namespaces = namespaces
    this.mounts = mounts
  }

  async resolve(_entityId: string): Promise<ResolvedIdentity | null> {
    return null
  }

  async login(_alias: LoginAlias): Promise<string> {
    return ''
  }
}
