// sys/init, seal, unseal, seal-status, leader and the key terms, in the shapes of Vault 1.x.
import { bare } from '../kit/answer.ts'
import { invalid } from '../kit/errors.ts'
import { boolean, duration, integer, list, text } from '../kit/field.ts'
import { route, type Route } from '../kit/route.ts'
import type { SealKeeper } from '../core/seal/keeper.ts'
import type { NodeFacts } from '../core/seal/node.ts'
import { generateRootRoutes, rekeyRoutes } from './ceremonies.ts'
import { refusePgp, withShare, writeKeys } from './key-share.ts'

export interface SealRouteOptions {
  /** Whether sys/rekey and sys/generate-root are answered without a token, as in Vault 1.x; else they need `sudo`. */
  unauthenticated: boolean
}

/** Paths are relative to `sys/`. */
export function sealRoutes(keeper: SealKeeper, facts: NodeFacts, options: SealRouteOptions): Route[] {
  const access = options.unauthenticated ? 'open' : 'sudo'
  return [
    ...initRoutes(keeper),
    ...unsealRoutes(keeper, facts),
    ...nodeRoutes(facts),
    ...keyringRoutes(keeper),
    ...rekeyRoutes('rekey', keeper.rekey, { access, enveloped: false }),
    ...rekeyRoutes('rekey-recovery-key', keeper.rekeyRecovery, { access, enveloped: false }),
    ...rekeyRoutes('rotate/root', keeper.rekey, { access: 'sudo', enveloped: true }),
    ...rekeyRoutes('rotate/recovery', keeper.rekeyRecovery, { access: 'sudo', enveloped: true }),
    ...['rekey/backup', 'rekey/recovery-key-backup', 'rotate/root/backup', 'rotate/recovery/backup'].flatMap(backupRoutes),
    ...generateRootRoutes('generate-root', keeper.rootGeneration, { access, enveloped: false }),
    ...generateRootRoutes('generate-root-token', keeper.rootGeneration, { access: 'sudo', enveloped: true }),
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
      pgp_keys: list({ about: 'Not supported' }),
      recovery_shares: integer({ about: 'Among how many the recovery key of an automatic seal is cut', default: 0 }),
      recovery_threshold: integer({ about: 'How many shares restore it', default: 0 }),
      recovery_pgp_keys: list({ about: 'Not supported' }),
      root_token_pgp_key: text({ about: 'Not supported' }),
    },
    run: async (_, input) => {
      refusePgp(input.pgp_keys, input.recovery_pgp_keys, input.root_token_pgp_key)
      const { type, recoverySeal, initialized } = await keeper.status()
      if (initialized) throw invalid('Vault is already initialized')
      const [kind, shares, threshold] = recoverySeal
        ? ['secret', input.secret_shares, input.secret_threshold] as const
        : ['recovery', input.recovery_shares, input.recovery_threshold] as const
      if (shares !== 0 || threshold !== 0) throw invalid(`parameters ${kind}_shares,${kind}_threshold not applicable to seal type ${type}`)
      const made = await keeper.initialize(
        { shares: input.secret_shares, threshold: input.secret_threshold },
        { shares: input.recovery_shares, threshold: input.recovery_threshold },
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
        return { enabled, max_operations: maxOperations, interval }
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

/** Backups are of shares encrypted with PGP, so that there are never any. */
const backupRoutes = (path: string): Route[] => [
  route({
    op: 'read', path, access: 'sudo', takes: {},
    about: 'The backup of new key shares; none is ever made',
    run: () => {
      throw invalid('no backed-up keys found')
    },
  }),
  route({ op: 'delete', path, access: 'sudo', takes: {}, about: 'Deletes the backup of new key shares; none is ever made', run: () => {} }),
]
