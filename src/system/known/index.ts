// `sys/known-secrets`: keyed fingerprints of the secrets that the caller may list and read, for a scanner that is to find them
// elsewhere. Every secret is read through the gate as the caller, so that policy and audit see each; no value leaves.
import { formsOf, keyIdOf, knownKind, Roll, type KnownSecret } from '../../crypto/known-forms.ts'
import type { Core } from '../../core/core.ts'
import { answer } from '../../kit/answer.ts'
import { list, text } from '../../kit/field.ts'
import { type Context, type Route, route } from '../../kit/route.ts'
import { secretTexts } from './values.ts'
import { Walk } from './walk.ts'

/** The key of a namespace, made when first asked for; fingerprints of two namespaces share nothing. */
async function keyOf(core: Core, context: Context, renew = false): Promise<string> {
  const { id } = core.namespaces.at(context.mount.namespace)!
  return core.root.update(async (tx) => {
    const present = renew ? null : await tx.read<string>(`known/${id}/key`)
    if (present !== null) return present
    const made = context.random(32).toString('base64')
    tx.write(`known/${id}/key`, made)
    return made
  })
}

const pieceSize = 1 << 16

/** The file as JSON, one secret a line: `{ kind, version, key_id, secrets, refused }`. */
async function* fileOf(walk: Walk, key: Buffer): AsyncGenerator<Uint8Array> {
  const roll = new Roll(key)
  let piece = `{"kind":"${knownKind}","version":1,"key_id":"${keyIdOf(key)}","secrets":[`
  let first = true
  for await (const { payload, ...found } of walk.versions()) {
    for (const { field, value } of secretTexts(payload)) {
      const forms = formsOf(key, roll, Buffer.from(value))
      if (forms.length === 0) continue
      piece += `${first ? '' : ','}\n${JSON.stringify({ ...found, field, forms } satisfies KnownSecret)}`
      first = false
    }
    if (piece.length < pieceSize) continue
    yield Buffer.from(piece)
    piece = ''
  }
  yield Buffer.from(`${piece}\n],"refused":${walk.refused}}\n`)
}

const keyView = (key: string): Record<string, unknown> => ({ key, key_id: keyIdOf(Buffer.from(key)) })
const gives = { key: text({ about: 'The key, a text.', secret: true }), key_id: text({ about: 'Tells it apart from others.' }) }

export const knownRoutes = (core: Core): Route[] => [
  route({
    op: 'read',
    path: 'known-secrets',
    about: 'Streams keyed fingerprints of the KV secrets that the caller may list and read.',
    takes: { mounts: list({ about: 'Only these mounts of the namespace, such as secret/; none: all.', default: [] }) },
    async run(context, input) {
      const key = Buffer.from(await keyOf(core, context))
      const walk = await Walk.begin(core, context, input.mounts)
      return answer({ raw: { status: 200, contentType: 'application/json', headers: { 'cache-control': 'no-store' }, body: fileOf(walk, key) } })
    },
  }),
  route({ op: 'read', path: 'known-secrets/key', about: 'Reads the key of the fingerprints: whoever has it and them can try guesses.', takes: {}, gives, run: async (context) => keyView(await keyOf(core, context)) }),
  route({ op: 'write', path: 'known-secrets/key', about: 'Makes a new key; fingerprints made before go with the old one.', takes: {}, gives, run: async (context) => keyView(await keyOf(core, context, true)) }),
]
