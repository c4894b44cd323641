// sys/init, seal, unseal, seal-status, leader and the key terms, in the shapes of Vault 1.x.
import { bare } from '../kit/answer.ts'
import { formatDuration } from '../kit/duration.ts'
import { invalid } from '../kit/errors.ts'
import { boolean, duration, integer, list, text } from '../kit/field.ts'
import { route, type Context, type Route } from '../kit/route.ts'
import type { SealKeeper } from '../core/seal/keeper.ts'
import type { NodeFacts } from '../core/seal/node.ts'
import { backupRoutes, decodeTokenRoute, generateRootRoutes, rekeyRoutes, type CeremonyStyle } from './ceremonies.ts'
import { readOnePgpKey, readPgpKeys, withShare, writeKeys } from './key-share.ts'

export interface SealRouteOptions {
  /** Whether sys/rekey and sys/generate-root are answered without a token, as in Vault 1.x; else they need `sudo`. */
  unauthenticated: boolean
  /** Whether the caller has a root token. */
  isRoot(context: Context): Promise<boolean>
}

/** Paths are relative to `sys/`. */
export function sealRoutes(keeper: SealKeeper, facts: NodeFacts, options: SealRouteOptions): Route[] {
  const { isRoot } = options
  const plain: CeremonyStyle = { access: options.unauthenticated ? 'open' : 'sudo', enveloped: false, isRoot }
  const twin: CeremonyStyle = { access: 'sudo', enveloped: true, isRoot }
  return [
    ...initRoutes(keeper),
    ...unsealRoutes(keeper, facts),
    ...nodeRoutes(facts),
    ...keyringRoutes(keeper),
    ...rekeyRoutes('rekey', keeper.rekey, plain),
    ...rekeyRoutes('rekey-recovery-key', keeper.rekeyRecovery, plain),
    ...rekeyRoutes('rotate/root', keeper.rekey, twin),
    ...rekeyRoutes('rotate/recovery', keeper.rekeyRecovery, twin),
    ...['rekey/backup', 'rotate/root/backup'].flatMap((path) => backupRoutes(path, keeper.backups, 'barrier')),
    ...['rekey/recovery-key-backup', 'rotate/recovery/backup'].flatMap((path) => backupRoutes(path, keeper.backups, 'recovery')),
    ...generateRootRoutes('generate-root', keeper.rootGeneration, plain),
    decodeTokenRoute,
    ...generateRootRoutes('generate-root-token', keeper.rootGeneration, twin),
  ]
}

const initRoutes = (keeper: SealKeeper): Route[] => [
  route({
    op: 'read', path: 'init', access: 'open', sealed: true, probe: true, takes: {},
    about: 'Whether the server is initialized',
    run: async () => bare({ initialized: (await keeper.status()).initialized }),
  }),
  route({
    op: 'write', path: 'init', access: 'open', sealed: true,
    about: 'Initializes the server and gives the key shares and the first root token, once',
    takes: {
      secret_shares: integer({ about: 'Among how many the unseal key is cut', default: 0 }),
      secret_threshold: integer({ about: 'How many shares restore it', default: 0 }),
      stored_shares: integer({ about: 'Accepted for older clients' }),
      pgp_keys: list({ about: 'PGP keys in base64 that the unseal keys are encrypted to, one each' }),
      recovery_shares: integer({ about: 'Among how many the recovery key of an automatic seal is cut', default: 0 }),
      recovery_threshold: integer({ about: 'How many shares restore it', default: 0 }),
      recovery_pgp_keys: list({ about: 'PGP keys in base64 that the recovery keys are encrypted to, one each' }),
      root_token_pgp_key: text({ about: 'PGP key in base64 that the root token is encrypted to' }),
    },
    run: async (_, input) => {
      const { type, recoverySeal, initialized } = await keeper.status()
      if (initialized) throw invalid('Vault is already initialized')
      const ofSecret = { kind: 'secret', shares: input.secret_shares, threshold: input.secret_threshold, keys: input.pgp_keys ?? [] }
      const ofRecovery = { kind: 'recovery', shares: input.recovery_shares, threshold: input.recovery_threshold, keys: input.recovery_pgp_keys ?? [] }
      const [wanted, other] = recoverySeal ? [ofRecovery, ofSecret] : [ofSecret, ofRecovery]
      if (other.shares !== 0 || other.threshold !== 0 || other.keys.length > 0) {
        const names = ['shares', 'threshold', 'pgp_keys'].map((name) => (name === 'pgp_keys' && other === ofSecret ? name : `${other.kind}_${name}`))
        throw invalid(`parameters ${names.join(',')} not applicable to seal type ${type}`)
      }
      const made = await keeper.initialize(
        { shares: ofSecret.shares, threshold: ofSecret.threshold },
        { shares: ofRecovery.shares, threshold: ofRecovery.threshold },
        { shares: await readPgpKeys(wanted.keys), rootToken: await readOnePgpKey(input.root_token_pgp_key) },
      )
      const [keys, recovery] = [writeKeys(made.keys), writeKeys(made.recoveryKeys)]
      return bare({
        keys: keys.hex, keys_base64: keys.base64,
        ...(recovery.hex.length > 0 && { recovery_keys: recovery.hex, recovery_keys_base64: recovery.base64 }),
        root_token: made.rootToken,
      })
    },
  }),
]

async function sealStatus(keeper: SealKeeper, facts: NodeFacts): Promise<Record<string, unknown>> {
  const status = await keeper.status()
  const cluster = status.sealed ? null : facts.cluster()
  return {
    type: status.type, initialized: status.initialized, sealed: status.sealed, t: status.threshold, n: status.shares,
    progress: status.progress, nonce: status.nonce, version: facts.version, build_date: facts.buildDate, migration: status.migration,
    ...(cluster !== null && { cluster_name: cluster.name, cluster_id: cluster.id }),
    recovery_seal: status.recoverySeal, storage_type: facts.storageType,
  }
}

const unsealRoutes = (keeper: SealKeeper, facts: NodeFacts): Route[] => [
  route({
    op: 'read', path: 'seal-status', access: 'open', sealed: true, probe: true, takes: {},
    about: 'Whether the server is sealed, and how far unsealing has come',
    run: async () => bare(await sealStatus(keeper, facts)),
  }),
  route({
    op: 'write', path: 'unseal', access: 'open', sealed: true,
    about: 'Gives one key share; the last one that is needed unseals',
    takes: {
      key: text({ about: 'A key share in hex or base64', secret: true, default: '' }),
      reset: boolean({ about: 'Forgets the shares given so far', default: false }),
      migrate: boolean({ about: 'Moves the server to the configured seal', default: false }),
    },
    run: async (_, { key, reset, migrate }) => {
      const { sealed } = await keeper.status()
      if (reset && !sealed) throw invalid('vault is unsealed')
      if (reset) keeper.resetUnseal()
      else if (key === '') throw invalid("'key' must be specified in request body as JSON, or 'reset' set to true")
      else await withShare(key, (share) => keeper.unseal(share, migrate))
      return bare(await sealStatus(keeper, facts))
    },
  }),
  route({
    op: 'write', path: 'seal', access: 'sudo', takes: {},
    about: 'Seals the server: keys are forgotten, nothing is answered until it is unsealed',
    run: () => keeper.seal(),
  }),
  route({
    op: 'write', path: 'step-down', access: 'sudo', takes: {},
    about: 'Accepted and without effect: every node is active, none leads',
    run: () => {},
  }),
]

const nodeRoutes = (facts: NodeFacts): Route[] => [
  route({
    op: 'read', path: 'leader', access: 'open', sealed: true, probe: true, takes: {},
    about: 'Which node is active; of several, every one is',
    run: () => {
      const since = facts.activeSince()
      return bare({
        ha_enabled: facts.haEnabled, is_self: facts.haEnabled && since !== null, active_time: since ?? '0001-01-01T00:00:00Z',
        leader_address: facts.haEnabled ? facts.apiAddress : '', leader_cluster_address: facts.haEnabled ? facts.clusterAddress : '',
        performance_standby: false, performance_standby_last_remote_wal: 0,
      })
    },
  }),
  route({
    op: 'read', path: 'ha-status', takes: {},
    about: 'The nodes that share the storage',
    run: async () => ({
      nodes: (await facts.nodes()).map((node) => ({
        hostname: node.hostname, api_address: node.apiAddress, cluster_address: node.clusterAddress, active_node: node.active,
        version: node.version, last_echo: node.lastEcho,
      })),
    }),
  }),
]

function keyringRoutes(keeper: SealKeeper): Route[] {
  const { barrier } = keeper
  const rotate = (path: string): Route => route({
    op: 'write', path, access: 'sudo', takes: {},
    about: 'Makes the next data key; what was written stays readable',
    run: async () => void (await barrier.rotate()),
  })
  const config = (path: string): Route[] => [
    route({
      op: 'read', path, takes: {},
      about: 'When the data key is rotated by itself',
      run: () => {
        const { enabled, maxOperations, interval } = barrier.rotationConfig()
        return { enabled, max_operations: maxOperations, interval: interval > 0 ? formatDuration(interval) : 0 }
      },
    }),
    route({
      op: 'write', path,
      about: 'Sets when the data key is rotated by itself',
      takes: {
        enabled: boolean({ about: 'Whether it is' }),
        max_operations: integer({ about: 'After how many encryptions' }),
        interval: duration({ about: 'After what time; 0 for never' }),
      },
      run: async (_, { enabled, max_operations, interval }) => {
        const present = barrier.rotationConfig()
        await barrier.setRotationConfig({
          enabled: enabled ?? present.enabled, maxOperations: max_operations ?? present.maxOperations, interval: interval ?? present.interval,
        })
      },
    }),
  ]
  return [
    route({
      op: 'read', path: 'key-status', takes: {},
      about: 'The active data key: its term, its age and how often it was used',
      run: () => {
        const { term, installTime, encryptions } = barrier.keyStatus()
        return { term, install_time: installTime, encryptions }
      },
    }),
    ...['rotate', 'rotate/keyring'].map(rotate),
    ...['rotate/config', 'rotate/keyring/config'].flatMap(config),
    route({
      op: 'write', path: 'rotate/root', access: 'sudo', takes: {},
      about: 'Replaces the root key where an automatic seal keeps it',
      run: () => keeper.rotateRootKey(),
    }),
  ]
}
