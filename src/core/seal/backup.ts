// The copy of encrypted key shares that a rekey keeps behind the barrier when it is asked to.
import type { PgpKey } from '../../crypto/pgp.ts'
import type { View } from '../../kit/view.ts'

/** Encrypted shares in hex by the fingerprint of who can read them, and the nonce of the rekey that made them. */
export interface Backup {
  nonce: string
  keys: Record<string, string[]>
}

export function backupOf(nonce: string, holders: readonly PgpKey[], shares: readonly Buffer[]): Backup {
  const keys: Backup['keys'] = {}
  holders.forEach(({ fingerprint }, at) => (keys[fingerprint] ??= []).push(shares[at]!.toString('hex')))
  return { nonce, keys }
}

/** Where the backups of both targets lie; relative to the barrier. */
export class Backups {
  readonly #view: View

  constructor(view: View) {
    this.#view = view.at('core/share-backup/')
  }

  read(target: 'barrier' | 'recovery'): Promise<Backup | null> {
    return this.#view.read<Backup>(target)
  }

  keep(target: 'barrier' | 'recovery', backup: Backup): Promise<void> {
    return this.#view.write(target, backup)
  }

  delete(target: 'barrier' | 'recovery'): Promise<void> {
    return this.#view.delete(target)
  }
}
