// Providers of SAML assertions, and which of them were redeemed.
import { X509Certificate, createHash } from 'node:crypto'
import { listing } from '../../kit/answer.ts'
import { Fault, invalid } from '../../kit/errors.ts'
import { list, text } from '../../kit/field.ts'
import { type Context, type Route, route } from '../../kit/route.ts'
import type { Reader } from '../../kit/view.ts'
import { type Assertion, type SamlProvider, elements, parseXml, textOf } from './saml.ts'

const name = text({ about: 'Name of the provider.', required: true })
const folder = 'saml/'
const redeemedFolder = 'saml-redeemed/'

export const providerAt = (store: Reader, provider: string): Promise<SamlProvider | null> => store.read<SamlProvider>(folder + provider)

/** A certificate in PEM out of PEM or bare base64. */
function certificateOf(given: string): string {
  const bare = given.replace(/-----(?:BEGIN|END) CERTIFICATE-----/g, '').replace(/\s+/g, '')
  try {
    return new X509Certificate(Buffer.from(bare, 'base64')).toString()
  } catch {
    throw invalid('certificates: not an X.509 certificate')
  }
}

const metadataSpace = 'urn:oasis:names:tc:SAML:2.0:metadata'
const signatureSpace = 'http://www.w3.org/2000/09/xmldsig#'

/** Issuer and signing certificates out of a provider's metadata document. */
async function readMetadata(document: string): Promise<{ issuer: string; certificates: string[] }> {
  const root = await parseXml(document.trim()).catch(() => {
    throw invalid('Could not parse metadata.')
  })
  const keys = elements(root, metadataSpace, 'IDPSSODescriptor').flatMap((descriptor) => elements(descriptor, metadataSpace, 'KeyDescriptor')).filter((key) => key.getAttribute('use') !== 'encryption')
  const within = (parents: typeof keys, child: string): typeof keys => parents.flatMap((parent) => elements(parent, signatureSpace, child))
  const certificates = within(within(within(keys, 'KeyInfo'), 'X509Data'), 'X509Certificate').map((found) => certificateOf(textOf(found)))
  const issuer = root.getAttribute('entityID') ?? ''
  if (root.localName !== 'EntityDescriptor' || issuer === '' || certificates.length === 0) throw invalid('Could not parse metadata.')
  return { issuer, certificates }
}

/** Marks an assertion as redeemed until it ends by itself; throws where it was. */
export async function redeem({ store, now }: Context, { id, issuer, ends }: Assertion): Promise<void> {
  const marker = (until: number, rest: string): string => `${redeemedFolder}${String(until).padStart(15, '0')}/${rest}`
  const over = (await store.keys(redeemedFolder, { limit: 100 })).filter((key) => key < marker(now(), ''))
  const own = marker(ends, createHash('sha256').update(`${issuer}\n${id}`).digest('hex'))
  await store.update(async (tx) => {
    if (await tx.get(own)) throw new Fault('invalid', 'The SAML assertion was redeemed before')
    for (const key of over) tx.delete(key)
    tx.write(own, {})
  })
}

export const samlRoutes: Route[] = [
  route({
    op: 'write',
    path: 'config/saml/:name',
    about: 'Says whose SAML assertions are believed: by a metadata document, or by issuer and certificates.',
    takes: {
      name,
      metadata: text({ about: "The provider's metadata document (XML).", default: '' }),
      issuer: text({ about: 'The `Issuer` of its assertions; default: that of the metadata.', default: '' }),
      certificates: list({ about: 'Certificates that sign, in PEM; default: those of the metadata.', default: [] }),
      audiences: list({ about: 'Audiences of which an assertion must name one; default: those of AWS.', default: [] }),
      recipients: list({ about: "Recipients for which an assertion may be; default: AWS's sign-in addresses.", default: [] }),
    },
    async run(context, input) {
      if (!/^[\w.-]{1,128}$/.test(input.name)) throw invalid('name: use letters, digits and . _ -')
      const told = input.metadata === '' ? null : await readMetadata(input.metadata)
      const issuer = input.issuer || (told?.issuer ?? '')
      const certificates = input.certificates.length > 0 ? input.certificates.map(certificateOf) : (told?.certificates ?? [])
      if (issuer === '' || certificates.length === 0) throw invalid('give metadata, or issuer and certificates')
      const provider: SamlProvider = { issuer, certificates, audiences: input.audiences, recipients: input.recipients }
      await context.store.write(folder + input.name, provider)
    },
  }),
  route({
    op: 'read',
    path: 'config/saml/:name',
    about: 'Shows a provider of SAML assertions.',
    takes: { name },
    async run(context, input) {
      const provider = await providerAt(context.store, input.name)
      return provider && { ...provider }
    },
  }),
  route({
    op: 'list',
    path: 'config/saml',
    about: 'Lists the providers of SAML assertions.',
    takes: {},
    async run(context) {
      const keys = await context.store.children(folder)
      return listing(keys)
    },
  }),
  route({ op: 'delete', path: 'config/saml/:name', about: 'Believes a provider no more.', takes: { name }, run: (context, input) => context.store.delete(folder + input.name) }),
]
