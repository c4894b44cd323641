// The keeper of the seal: initialises, opens and closes the barrier, moves it from one seal to another, and says who
// may change its keys. Shares and keys that pass through here are overwritten after use.
import { randomBytes, randomUUID } from 'node:crypto'
import type { Barrier } from '../../barrier/barrier.ts'
import type { PgpKey } from '../../crypto/pgp.ts'
import { Fault, invalid } from '../../kit/errors.ts'
import type { AutoSeal } from '../../kit/seal.ts'
import type { Storage } from '../../kit/storage.ts'
import { Backups, type Backup } from './backup.ts'
import { checkDivision, cutFor, Quorum, type Division } from './quorum.ts'
import {
  configPath, digest, isRecoveryKey, makeRecords, readConfig, readRecoveryDigest, readWrapped, unwrapByKey, wrappedPath, type Holder, type SealConfig,
} from './records.ts'
import { Rekey } from './rekey.ts'
import { RootGeneration } from './root-generation.ts'

const keyLength = 32
const nobody: Division = { shares: 0, threshold: 0 }

export interface SealKeeperParts {
  storage: Storage
  barrier: Barrier
  /** The configured seal; null: Shamir's. */
  seal: AutoSeal | null
  /** The seal that is being left, for a migration from an automatic seal. */
  previous?: AutoSeal | null
  /** Starts what lives behind the barrier; where it throws, the barrier is sealed again. */
  opened(): Promise<void>
  /** Stops it, before the barrier is sealed. */
  closing(): Promise<void>
  /** Makes a token with the policy `root`; called behind the open barrier. */
  mintRootToken(): Promise<string>
  /** Characters of such a token; 28 unless told. */
  rootTokenLength?: number
}

export interface SealStatus extends Division {
  /** Of the stored seal, or of the configured one before there is any. */
  type: string
  initialized: boolean
  sealed: boolean
  progress: number
  nonce: string
  migration: boolean
  recoverySeal: boolean
}

/** To whom initialising hands out encrypted; in clear where nobody is named. */
export interface Recipients {
  /** One for each unseal key, or each recovery key of an automatic seal. */
  shares?: PgpKey[]
  rootToken?: PgpKey | undefined
}

export interface Initialized {
  /** Shares of the unseal key; none with an automatic seal. */
  keys: Buffer[]
  recoveryKeys: Buffer[]
  /** Base64 where it is encrypted. */
  rootToken: string
}

export class SealKeeper {
  readonly #parts: SealKeeperParts
  readonly rekey: Rekey
  readonly rekeyRecovery: Rekey
  readonly rootGeneration: RootGeneration
  readonly backups: Backups
  /** The stored configuration while the barrier is open, for `status`, which load balancers ask often. */
  #shown: SealConfig | null = null
  #changes = 0
  #unsealing: { quorum: Quorum; nonce: string } | null = null
  #turn: Promise<unknown> = Promise.resolve()

  constructor(parts: SealKeeperParts) {
    this.#parts = parts
    this.backups = new Backups(parts.barrier.view(''))
    const authority = {
      config: () => this.#openConfig(),
      proves: (key: Buffer) => this.#proves(key),
      replaceKey: (target: 'barrier' | 'recovery', key: Buffer | null, division: Division) => this.#replaceKey(target, key, division),
      keepBackup: (target: 'barrier' | 'recovery', backup: Backup) => this.backups.keep(target, backup),
      inTurn: <T>(work: () => Promise<T>) => this.#inTurn(work),
      mintRootToken: parts.mintRootToken,
      rootTokenLength: parts.rootTokenLength ?? 28,
    }
    this.rekey = new Rekey(authority, 'barrier')
    this.rekeyRecovery = new Rekey(authority, 'recovery')
    this.rootGeneration = new RootGeneration(authority)
    parts.barrier.onChange((keys) => {
      if (keys !== null && !keys.includes(configPath)) return
      this.#shown = null
      this.#changes++
    })
  }

  get barrier(): Barrier {
    return this.#parts.barrier
  }

  async status(): Promise<SealStatus> {
    const { barrier, seal, storage } = this.#parts
    const seen = this.#changes
    const config = this.#shown ?? (await this.#config())
    if (!barrier.sealed && seen === this.#changes) this.#shown = config
    const type = config?.type ?? seal?.type ?? 'shamir'
    return {
      type,
      initialized: config !== null,
      sealed: barrier.sealed,
      shares: config?.shares ?? 0,
      threshold: config?.threshold ?? 0,
      progress: this.#unsealing?.quorum.progress ?? 0,
      nonce: this.#unsealing?.nonce ?? '',
      migration: config !== null && barrier.sealed && (await this.#leaves(config, storage)),
      recoverySeal: type !== 'shamir',
    }
  }

  /** Makes the root key and its holders. Afterwards an automatic seal has opened the barrier, Shamir's leaves it sealed. */
  initialize(unseal: Division, recovery: Division = nobody, recipients: Recipients = {}): Promise<Initialized> {
    const { barrier, seal } = this.#parts
    const holders = recipients.shares ?? []
    const division = seal === null ? unseal : recovery
    if (seal === null) checkDivision(unseal, 'seal', holders)
    else if (recovery.shares !== 0 || recovery.threshold !== 0 || holders.length > 0) checkDivision(recovery, 'recovery', holders)
    return this.#inTurn(async () => {
      if (await this.#config()) throw invalid('Vault is already initialized')
      const rootKey = randomBytes(keyLength)
      const peopleKey = randomBytes(keyLength)
      try {
        const shares = division.shares === 0 ? [] : await cutFor(holders, peopleKey, division)
        const holder: Holder = seal === null ? { unsealKey: peopleKey } : { seal }
        await barrier.initialize(rootKey, await makeRecords(rootKey, holder, division, seal && division.shares ? digest(peopleKey) : null))
        const rootToken = await this.#open(rootKey, () => this.#firstRootToken(recipients.rootToken)).catch(async (error: unknown) => {
          await this.#empty()
          throw error
        })
        if (seal === null) await this.#close()
        const [keys, recoveryKeys] = seal === null ? [shares, []] : [[], shares]
        return { keys, recoveryKeys, rootToken }
      } finally {
        rootKey.fill(0)
        peopleKey.fill(0)
      }
    })
  }

  /** Opens the barrier by the configured automatic seal, if that is how it is sealed; gives whether it is open. */
  openByItself(): Promise<boolean> {
    return this.#inTurn(async () => {
      const { barrier, seal, storage } = this.#parts
      const config = await this.#config()
      if (!barrier.sealed || config === null || seal === null) return !barrier.sealed
      const leaves = await this.#leaves(config, storage)
      // Where nobody holds recovery keys, having both seals is the only authority that there can be.
      if (leaves && (config.shares > 0 || config.type === 'shamir')) return false
      const rootKey = await this.#unwrap(config, leaves)
      try {
        await this.#open(rootKey)
        if (leaves) await this.#reseal({ seal }, config, null)
        else await this.#rewrap(seal, rootKey)
      } finally {
        rootKey.fill(0)
      }
      return true
    })
  }

  /** Opens the barrier with the root key itself, handed over by another process of this server. */
  async openWith(rootKey: Buffer): Promise<void> {
    await this.#inTurn(() => this.#open(rootKey))
  }

  /** Takes one share; opens the barrier with the last. `migrate` must be set when the seal is being changed, and only then. */
  unseal(share: Buffer, migrate: boolean): Promise<void> {
    return this.#inTurn(async () => {
      const { barrier, storage } = this.#parts
      const config = await this.#config()
      if (config === null) throw invalid('Vault is not initialized')
      if (!barrier.sealed) return
      const leaves = await this.#leaves(config, storage)
      if (leaves && !migrate) throw invalid('the seal is being migrated: the option to migrate must be set')
      if (!leaves && migrate) throw invalid('no seal migration is configured')
      if (config.shares === 0) throw invalid('this seal opens by itself and no recovery keys were made')
      // Another process may have cut the key anew since the first share.
      if (this.#unsealing?.quorum.threshold !== config.threshold) this.resetUnseal()
      this.#unsealing ??= { quorum: new Quorum(config.threshold), nonce: randomUUID() }
      const key = this.#joined(share)
      if (key === null) return
      try {
        await this.#unsealWith(key, config, leaves)
      } finally {
        key.fill(0)
      }
    })
  }

  /** Forgets the shares that were given so far. */
  resetUnseal(): void {
    this.#unsealing?.quorum.clear()
    this.#unsealing = null
  }

  seal(): Promise<void> {
    return this.#inTurn(() => this.#close())
  }

  /** Replaces the root key; people who hold an unseal key must rekey instead. */
  rotateRootKey(): Promise<void> {
    return this.#inTurn(async () => {
      const config = await this.#openConfig()
      if (config.type === 'shamir') throw invalid('the unseal key is needed to replace the root key: rekey instead')
      await this.#replaceKey('barrier', null, config)
    })
  }

  async #firstRootToken(recipient: PgpKey | undefined): Promise<string> {
    const token = await this.#parts.mintRootToken()
    return recipient === undefined ? token : (await recipient.encrypt(Buffer.from(token))).toString('base64')
  }

  #joined(share: Buffer): Buffer | null {
    const { quorum } = this.#unsealing!
    let key: Buffer | null = null
    try {
      key = quorum.add(share)
    } finally {
      if (quorum.progress === 0) this.#unsealing = null
    }
    return key
  }

  async #unsealWith(key: Buffer, config: SealConfig, leaves: boolean): Promise<void> {
    const { seal, storage } = this.#parts
    const rootKey = config.type === 'shamir' ? unwrapByKey(await readWrapped(storage), key) : await this.#unwrap(config, leaves)
    try {
      if (rootKey === null || (config.type !== 'shamir' && !(await isRecoveryKey(storage, rootKey, key)))) {
        throw invalid('unseal failed: the key shares are not those of this server')
      }
      await this.#open(rootKey)
    } finally {
      rootKey?.fill(0)
    }
    if (leaves) await this.#reseal(seal === null ? { unsealKey: key } : { seal }, config, seal === null ? null : digest(key))
  }

  /** Unseals and starts what lies behind; what fails leaves the barrier sealed. */
  async #open<T>(rootKey: Buffer, then?: () => Promise<T>): Promise<T> {
    await this.#parts.barrier.unseal(rootKey)
    this.resetUnseal()
    try {
      await this.#parts.opened()
      return (await then?.()) as T
    } catch (error) {
      await this.#close()
      throw error
    }
  }

  /** After a first opening that failed: the keys were given to nobody, so that nothing stored can ever be read. */
  async #empty(): Promise<void> {
    const { storage } = this.#parts
    for (;;) {
      const keys = await storage.list('', { limit: 500 })
      if (keys.length === 0) return
      await storage.commit({ delete: keys })
    }
  }

  async #close(): Promise<void> {
    this.resetUnseal()
    this.#shown = null
    for (const ceremony of [this.rekey, this.rekeyRecovery, this.rootGeneration]) ceremony.abandon()
    try {
      if (!this.#parts.barrier.sealed) await this.#parts.closing()
    } finally {
      this.#parts.barrier.seal()
    }
  }

  /** Null before initialisation, whatever a failed one left. */
  async #config(): Promise<SealConfig | null> {
    const { barrier, storage } = this.#parts
    return (await barrier.initialized()) ? readConfig(storage) : null
  }

  async #openConfig(): Promise<SealConfig> {
    const config = await this.#config()
    if (config === null) throw new Fault('not-initialized')
    if (this.#parts.barrier.sealed) throw new Fault('sealed')
    return config
  }

  /** Whether the stored seal is not the configured one. */
  async #leaves(config: SealConfig, storage: Storage): Promise<boolean> {
    const { seal, previous } = this.#parts
    if (config.type !== (seal?.type ?? 'shamir')) return true
    if (!seal || previous?.type !== config.type) return false
    const wrapped = await readWrapped(storage)
    return seal.unwrap(wrapped).then((key) => (key.fill(0), false), () => true)
  }

  /** The root key, by the automatic seal that wrapped it. */
  async #unwrap(config: SealConfig, leaves: boolean): Promise<Buffer> {
    const { seal, previous, storage } = this.#parts
    const by = leaves ? previous : seal
    if (by?.type !== config.type) throw invalid(`the seal "${config.type}" that this server was sealed with is not configured`)
    const key = await by.unwrap(await readWrapped(storage))
    return Buffer.from(key.buffer, key.byteOffset, key.byteLength)
  }

  /** Wraps the root key anew where an older key of the same seal had wrapped it. */
  async #rewrap(seal: AutoSeal, rootKey: Buffer): Promise<void> {
    const item = await this.#parts.storage.get(wrappedPath)
    if (item === null || !seal.stale?.(item.value)) return
    await this.#parts.storage.commit({ expect: new Map([[wrappedPath, item.version]]), put: [[wrappedPath, await seal.wrap(rootKey)]] })
  }

  /** A fresh root key under `holder`; `recovery` null keeps the digest that there is. */
  async #reseal(holder: Holder, division: Division, recovery: Buffer | null): Promise<void> {
    const { barrier, storage } = this.#parts
    const [present, fresh] = [barrier.rootKey(), randomBytes(keyLength)]
    try {
      const known = recovery ?? ('seal' in holder ? await readRecoveryDigest(storage, present) : null)
      await barrier.rekey(fresh, await makeRecords(fresh, holder, division, known))
    } finally {
      present.fill(0)
      fresh.fill(0)
    }
  }

  /** Whether a joined key is the unseal key, or the recovery key of an automatic seal. */
  async #proves(key: Buffer): Promise<boolean> {
    const { barrier, storage } = this.#parts
    const config = await this.#openConfig()
    const rootKey = config.type === 'shamir' ? unwrapByKey(await readWrapped(storage), key) : barrier.rootKey()
    if (rootKey === null) return false
    try {
      return config.type === 'shamir' ? barrier.verify(rootKey) : await isRecoveryKey(storage, rootKey, key)
    } finally {
      rootKey.fill(0)
    }
  }

  async #replaceKey(target: 'barrier' | 'recovery', key: Buffer | null, division: Division): Promise<void> {
    const { seal } = this.#parts
    const config = await this.#openConfig()
    if (config.type === 'shamir') return this.#reseal({ unsealKey: key! }, division, null)
    if (seal === null) throw new Fault('internal')
    await this.#reseal({ seal }, target === 'recovery' ? division : config, target === 'recovery' ? digest(key!) : null)
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#turn.then(work, work)
    this.#turn = result.catch(() => {})
    return result
  }
}
