// strongroom operator rekey, rotate, rotate-keys
import type { Data } from '../../sdk/secret.ts'
import { command, flag } from '../command.ts'
import type { Call } from '../command.ts'
import { pgpKeysOf } from '../pgp.ts'
import { askShare } from '../question.ts'
import { show, wrapText } from '../text.ts'
import { UsageError } from '../usage.ts'
import { printKeyStatus } from './operator.ts'

const flags = {
  init: flag.boolean('Begin.'),
  cancel: flag.boolean('Give up what was begun.'),
  status: flag.boolean('Show how far it is.'),
  verify: flag.boolean('With -init: the new shares must be shown before they count. Otherwise: act on that verification.'),
  nonce: flag.text('Nonce of the operation, for each share.'),
  target: flag.text('barrier: the unseal keys; recovery: the recovery keys.', { default: 'barrier', words: ['barrier', 'recovery'] }),
  'key-shares': flag.integer('Shares to make.', { default: 5, aliases: ['n'] }),
  'key-threshold': flag.integer('Shares that are needed.', { default: 3, aliases: ['t'] }),
  'pgp-keys': flag.list('File with the PGP key that a share is encrypted to; one for each share, parted by commas.'),
  backup: flag.boolean('Keep a copy of the encrypted shares in the store.'),
  'backup-retrieve': flag.boolean('Print that copy.'),
  'backup-delete': flag.boolean('Delete that copy.'),
}
type RekeyCall = Call<typeof flags>

/** Where the ceremony lies: with shares alone (`sys/rekey`), or for those who are logged in (`sys/rotate/root`). */
interface Paths {
  init: string
  update: string
  verify: string
  backup: string
}

function rekeyPaths(target: string): Paths {
  const suffix = target === 'recovery' ? '-recovery-key' : ''
  const backup = target === 'recovery' ? 'sys/rekey/recovery-key-backup' : 'sys/rekey/backup'
  return { init: `sys/rekey${suffix}/init`, update: `sys/rekey${suffix}/update`, verify: `sys/rekey${suffix}/verify`, backup }
}

function rotatePaths(target: string): Paths {
  const base = `sys/rotate/${target === 'recovery' ? 'recovery' : 'root'}`
  return { init: `${base}/init`, update: `${base}/update`, verify: `${base}/verify`, backup: `${base}/backup` }
}

async function printStatus({ out }: RekeyCall, status: Data): Promise<number> {
  if (!out.isTable) return out.structured(status)
  const rows: string[][] = [['Nonce', show(status.nonce ?? '')], ['Started', show(status.started)]]
  if (status.started) {
    if (status.progress !== undefined && status.required !== undefined) rows.push(['Rekey Progress', `${show(status.progress)}/${show(status.required)}`])
    rows.push(['New Shares', show(status.n)], ['New Threshold', show(status.t)])
    if (status.pgp_fingerprints) rows.push(['PGP Fingerprints', show(status.pgp_fingerprints)], ['Backup', show(status.backup)])
    if (status.verification_required) rows.push(['Verification Required', 'true'])
    if (status.verification_nonce) rows.push(['Verification Nonce', show(status.verification_nonce)])
  }
  out.rows(['Key', 'Value'], rows)
  return 0
}

const unwrapped = (answer: Data | null): Data => ((answer?.data as Data | undefined) ?? answer ?? {}) as Data

async function begin(call: RekeyCall, paths: Paths): Promise<number> {
  const { flags: given, out, client } = call
  const body = {
    secret_shares: given['key-shares'],
    secret_threshold: given['key-threshold'],
    require_verification: given.verify,
    backup: given.backup,
    ...(given['pgp-keys'].length > 0 && { pgp_keys: pgpKeysOf(given['pgp-keys']) }),
  }
  const status = unwrapped(await client.json('PUT', paths.init, { body }))
  if (out.isTable && !given.backup) {
    const remedy = given['pgp-keys'].length === 0
      ? 're-initializing with the -pgp-keys flag to protect the returned unseal keys along with -backup'
      : 're-initializing with the -backup flag'
    out.warn(wrapText(`WARNING! If you lose the keys after they are returned, there is no recovery. Consider canceling this operation and ${remedy} to allow recovery of the encrypted keys in case of emergency.`) + '\n')
  }
  return printStatus(call, status)
}

async function provide(call: RekeyCall, paths: Paths): Promise<number> {
  const { args, flags: given, out, client } = call
  const path = given.verify ? paths.verify : paths.update
  const status = unwrapped(await client.json('GET', given.verify ? paths.verify : paths.init))
  if (!status.started) throw new UsageError('No rekey is in progress. Start one with -init.')
  const share = await askShare(call)
  const nonce = given.nonce ?? (args[0] === undefined ? status.nonce : undefined)
  if (nonce === undefined) throw new UsageError('Missing nonce value: use -nonce')
  const answer = unwrapped(await client.json('PUT', path, { body: { key: share, nonce } }))
  if (!answer.complete) return printStatus(call, { ...status, ...answer })
  return given.verify ? out.done('Success! The new keys are verified and in use.') : printKeys(call, answer)
}

async function printKeys({ out, flags: given }: RekeyCall, answer: Data): Promise<number> {
  if (!out.isTable) return out.structured(answer)
  const keys = (answer.keys_base64 ?? answer.keys ?? []) as string[]
  const prints = (answer.pgp_fingerprints ?? []) as string[]
  keys.forEach((key, at) => out.line(`Key ${at + 1}${prints[at] ? ` fingerprint: ${prints[at]}; value:` : ':'} ${key}`))
  out.line()
  out.line(`Operation nonce: ${show(answer.nonce ?? '')}`)
  out.line()
  if (answer.backup)
    out.line(wrapText('A copy of the encrypted keys is kept in the store: -backup-retrieve prints it, -backup-delete deletes it. It is not deleted by itself.') + '\n')
  if (answer.verification_required)
    out.line(wrapText(`The new keys do not count yet: show a quorum of them with -verify and the nonce ${show(answer.verification_nonce)}.`))
  else
    out.line(wrapText(`Vault ${given.target === 'recovery' ? 'recovery' : 'unseal'} keys rekeyed with ${keys.length} key shares and a key threshold of ${given['key-threshold']}. Please securely distribute the key shares printed above.`))
  return 0
}

async function run(call: RekeyCall, paths: Paths): Promise<number> {
  const { flags: given, out, client } = call
  if (given.cancel) {
    await client.request('DELETE', given.verify ? paths.verify : paths.init)
    return out.done('Success! Canceled rekeying (if it was started)')
  }
  if (given.init) return begin(call, paths)
  if (given.status) return printStatus(call, unwrapped(await client.json('GET', given.verify ? paths.verify : paths.init)))
  if (given['backup-retrieve']) return out.data(unwrapped(await client.json('GET', paths.backup)))
  if (given['backup-delete']) {
    await client.request('DELETE', paths.backup)
    return out.done('Success! Delete backup keys (if they existed)')
  }
  return provide(call, paths)
}

function checkedTarget(target: string): string {
  if (target !== 'barrier' && target !== 'recovery') throw new UsageError(`Unknown target: ${target}`)
  return target
}

export const commands = [
  command({
    name: 'operator rekey',
    about: 'Generates new unseal keys',
    takes: '[KEY]',
    arity: [0, 1],
    detail: 'A quorum of the holders of the present keys makes new ones. The data are not encrypted anew: that is "operator rotate".',
    flags,
    doing: () => 'rekeying',
    run: (call) => run(call, rekeyPaths(checkedTarget(call.flags.target))),
  }),
  command({
    name: 'operator rotate-keys',
    about: 'Generates new unseal keys, as one who is logged in',
    takes: '[KEY]',
    arity: [0, 1],
    flags,
    doing: () => 'rotating keys',
    run: (call) => run(call, rotatePaths(checkedTarget(call.flags.target))),
  }),
  command({
    name: 'operator rotate',
    about: 'Rotates the underlying encryption key',
    arity: [0, 0],
    detail: 'What is written from now on is encrypted with a new key; what is stored stays readable.',
    doing: () => 'rotating key',
    async run(call) {
      await call.client.request('PUT', 'sys/rotate', { body: {} })
      call.out.done('Success! Rotated key\n')
      return printKeyStatus(call)
    },
  }),
]
