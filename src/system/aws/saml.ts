// SAML 2.0 assertions: who signed one, whether it holds now, and what it says. Nothing is read but the bytes that were
// signed, whatever else stands around them. https://docs.oasis-open.org/security/saml/v2.0/saml-core-2.0-os.pdf
import { Fault } from '../../kit/errors.ts'

/** Whose assertions are believed. */
export interface SamlProvider {
  /** The `Issuer` of its assertions. */
  issuer: string
  /** In PEM; any of them may have signed. */
  certificates: string[]
  /** Empty: those of AWS. */
  audiences: string[]
  recipients: string[]
}

/** What an assertion says. Times are milliseconds since 1970. */
export interface Assertion {
  id: string
  issuer: string
  subject: string
  /** `persistent`, `transient`, or the whole of another format. */
  subjectType: string
  recipient: string
  /** From then on it is refused. */
  ends: number
  /** When the session at the provider ends, if it says so. */
  sessionEnds: number | null
  attributes: Record<string, string[]>
}

/** What of an XML element is used here. */
interface XmlElement {
  nodeType: number
  namespaceURI: string | null
  localName: string
  childNodes: { length: number; [at: number]: XmlElement }
  textContent: string | null
  getAttribute(name: string): string | null
}

/** What of `xml-crypto` is used here. */
interface SignatureCheck {
  SignatureAlgorithms: Record<string, unknown>
  HashAlgorithms: Record<string, unknown>
  loadSignature(signature: XmlElement): void
  checkSignature(text: string): boolean
  getReferences(): { uri?: string }[]
  getSignedReferences(): string[]
}

// Both packages' own types bring those of browsers, which contradict those of the runtime. Loaded with the first document:
// few servers ever see one.
const loadParser = async () => (await import('@xmldom/xmldom' as string)) as { DOMParser: new (options: object) => { parseFromString(text: string, type: string): { documentElement: XmlElement | null } } }
const loadSignatures = async () => (await import('xml-crypto' as string)) as { SignedXml: new (options: object) => SignatureCheck }

const assertionSpace = 'urn:oasis:names:tc:SAML:2.0:assertion'
const protocolSpace = 'urn:oasis:names:tc:SAML:2.0:protocol'
const signatureSpace = 'http://www.w3.org/2000/09/xmldsig#'
const success = 'urn:oasis:names:tc:SAML:2.0:status:Success'
const bearer = 'urn:oasis:names:tc:SAML:2.0:cm:bearer'
const formats = 'urn:oasis:names:tc:SAML:2.0:nameid-format:'

const awsAudiences = ['urn:amazon:webservices', 'https://signin.aws.amazon.com/saml']
const awsRecipient = /^https:\/\/(?:[a-z0-9-]+\.)?signin\.aws\.amazon\.com\/saml$/

/** SHA-1 is left out; a key that the message brings along is never used. */
const signatureAlgorithms = ['http://www.w3.org/2001/04/xmldsig-more#rsa-sha256', 'http://www.w3.org/2001/04/xmldsig-more#rsa-sha512', 'http://www.w3.org/2007/05/xmldsig-more#sha256-rsa-MGF1']
const hashAlgorithms = ['http://www.w3.org/2001/04/xmlenc#sha256', 'http://www.w3.org/2001/04/xmlenc#sha512']

/** Characters of a response, as AWS has it. */
const longest = 100_000
const skew = 60_000
const redeemedWithin = 300_000

const invalid = (message = 'Your request included an invalid SAML response.'): Fault => new Fault('invalid', message)
const expired = (message: string): Fault => new Fault('precondition', message)

/** Finding what a signature means takes longer the more elements and attributes there are, and nobody has signed in yet. */
const mostMarks = 3000

/** The root of a document without a document type, of a size that a provider would send. */
export async function parseXml(text: string): Promise<XmlElement> {
  if (/<!(?:DOCTYPE|ENTITY)/i.test(text) || text.split(/[<=]/, mostMarks).length === mostMarks) throw invalid()
  const { DOMParser } = await loadParser()
  const fail = (): never => {
    throw invalid()
  }
  try {
    const root = new DOMParser({ errorHandler: { warning: fail, error: fail, fatalError: fail } }).parseFromString(text, 'text/xml').documentElement
    if (root) return root
  } catch {
    // Told in the same words.
  }
  throw invalid()
}

export function elements(parent: XmlElement, space: string, name: string): XmlElement[] {
  const found: XmlElement[] = []
  for (let at = 0; at < parent.childNodes.length; at++) {
    const node = parent.childNodes[at]!
    if (node.nodeType === 1 && node.namespaceURI === space && node.localName === name) found.push(node)
  }
  return found
}

function one(parent: XmlElement, name: string): XmlElement {
  const [found, more] = elements(parent, assertionSpace, name)
  if (!found || more) throw invalid()
  return found
}

/** All the text, comments left out. */
export const textOf = (element: XmlElement): string => (element.textContent ?? '').trim()

function timeOf(element: XmlElement, name: string): number | null {
  const text = element.getAttribute(name)
  if (!text) return null
  const ms = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z$/.test(text) ? Date.parse(text) : Number.NaN
  if (Number.isNaN(ms)) throw invalid()
  return ms
}

/** The canonical form of what `holder` carries a signature of, or null where it carries none; throws where the signature is not right. */
async function signedPart(text: string, holder: XmlElement, certificates: readonly string[]): Promise<string | null> {
  const [signature, more] = elements(holder, signatureSpace, 'Signature')
  if (!signature) return null
  const wrong = (): Fault => invalid('Response signature invalid')
  if (more) throw wrong()
  const { SignedXml } = await loadSignatures()
  for (const publicCert of certificates) {
    const check = new SignedXml({ publicCert, getCertFromKeyInfo: () => null })
    check.SignatureAlgorithms = only(check.SignatureAlgorithms, signatureAlgorithms)
    check.HashAlgorithms = only(check.HashAlgorithms, hashAlgorithms)
    try {
      check.loadSignature(signature)
      if (!check.checkSignature(text)) continue
    } catch {
      continue
    }
    const references = check.getReferences()
    const [signed] = check.getSignedReferences()
    // A signature of something else does not speak for its holder.
    if (references.length !== 1 || references[0]!.uri !== `#${holder.getAttribute('ID') ?? ''}` || signed === undefined) throw wrong()
    return signed
  }
  throw wrong()
}

const only = <T>(all: Record<string, T>, names: readonly string[]): Record<string, T> => Object.fromEntries(Object.entries(all).filter(([name]) => names.includes(name)))

function decode(response: string): string {
  const bare = response.length > longest ? '' : response.replace(/\s+/g, '')
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(bare)) throw invalid('Invalid base64 SAMLResponse')
  return Buffer.from(bare, 'base64').toString().replace(/\r\n?/g, '\n').trim()
}

async function openResponse(text: string): Promise<XmlElement> {
  const root = await parseXml(text)
  if (root.namespaceURI !== protocolSpace || root.localName !== 'Response') throw invalid()
  return root
}

/** The assertion in a response that a provider signed, as a whole or in its assertion; both signatures must be right where there are two. */
async function signedAssertion(response: string, provider: SamlProvider): Promise<XmlElement> {
  const text = decode(response)
  const root = await openResponse(text)
  const [status] = elements(root, protocolSpace, 'Status').flatMap((found) => elements(found, protocolSpace, 'StatusCode'))
  if (status && status.getAttribute('Value') !== success) throw new Fault('denied', 'The identity provider reported that authentication failed.', { reason: ['idp-rejected'] })
  const whole = await signedPart(text, root, provider.certificates)
  const part = await signedPart(text, one(root, 'Assertion'), provider.certificates)
  if (part !== null) {
    const assertion = await parseXml(part)
    if (assertion.namespaceURI === assertionSpace && assertion.localName === 'Assertion') return assertion
  } else if (whole !== null) return one(await openResponse(whole), 'Assertion')
  throw invalid('Response signature invalid')
}

function checkWindow(element: XmlElement, now: number): number | null {
  const [from, to] = [timeOf(element, 'NotBefore'), timeOf(element, 'NotOnOrAfter')]
  if (from !== null && from > now + skew) throw invalid('SAML assertion is not yet valid')
  if (to !== null && to + skew <= now) throw expired('SAML assertion is expired')
  return to
}

function checkAudience(conditions: XmlElement, audiences: readonly string[]): void {
  const restrictions = elements(conditions, assertionSpace, 'AudienceRestriction')
  const wanted = audiences.length > 0 ? audiences : awsAudiences
  const met = restrictions.every((restriction) => elements(restriction, assertionSpace, 'Audience').some((audience) => wanted.includes(textOf(audience))))
  if (restrictions.length === 0 || !met) throw invalid('Response does not contain the required audience')
}

/** The recipient for which a bearer may show the assertion, and until when. */
function confirm(subject: XmlElement, recipients: readonly string[], now: number): { recipient: string; ends: number } {
  for (const confirmation of elements(subject, assertionSpace, 'SubjectConfirmation')) {
    const [data] = elements(confirmation, assertionSpace, 'SubjectConfirmationData')
    const recipient = data?.getAttribute('Recipient') ?? ''
    const fits = recipients.length > 0 ? recipients.includes(recipient) : awsRecipient.test(recipient)
    if (!data || confirmation.getAttribute('Method') !== bearer || !fits) continue
    const ends = checkWindow(data, now)
    if (ends !== null) return { recipient, ends }
  }
  throw invalid('Response does not contain a subject confirmation for the required recipient')
}

function attributesOf(assertion: XmlElement): Record<string, string[]> {
  const made: Record<string, string[]> = Object.create(null)
  for (const statement of elements(assertion, assertionSpace, 'AttributeStatement')) {
    for (const attribute of elements(statement, assertionSpace, 'Attribute')) {
      const values = elements(attribute, assertionSpace, 'AttributeValue').map(textOf)
      const name = attribute.getAttribute('Name') ?? ''
      made[name] = [...(made[name] ?? []), ...values]
    }
  }
  return made
}

function read(assertion: XmlElement, found: Pick<Assertion, 'recipient' | 'ends'>): Assertion {
  const name = one(one(assertion, 'Subject'), 'NameID')
  const format = name.getAttribute('Format') ?? ''
  const sessions = elements(assertion, assertionSpace, 'AuthnStatement').flatMap((statement) => timeOf(statement, 'SessionNotOnOrAfter') ?? [])
  return {
    id: assertion.getAttribute('ID') ?? '', issuer: textOf(one(assertion, 'Issuer')), subject: textOf(name), subjectType: format.startsWith(formats) ? format.slice(formats.length) : format,
    ...found, sessionEnds: sessions.length > 0 ? Math.min(...sessions) : null, attributes: attributesOf(assertion),
  }
}

/** What a response in base64 says, after signature, issuer, times, audience and recipient were found right; throws `invalid`, `precondition` (too late) or `denied` (the provider itself refused). */
export async function verifyAssertion(response: string, provider: SamlProvider, now: number): Promise<Assertion> {
  const assertion = await signedAssertion(response, provider)
  if (textOf(one(assertion, 'Issuer')) !== provider.issuer) throw invalid('Issuer not present in specified provider')
  const issued = timeOf(assertion, 'IssueInstant')
  if (issued === null || issued > now + skew) throw invalid()
  if (issued + redeemedWithin + skew <= now) throw expired('Token must be redeemed within 5 minutes of issuance')
  const conditions = one(assertion, 'Conditions')
  checkWindow(conditions, now)
  checkAudience(conditions, provider.audiences)
  const { recipient, ends } = confirm(one(assertion, 'Subject'), provider.recipients, now)
  return read(assertion, { recipient, ends: Math.max(ends, issued + redeemedWithin) + skew })
}

/** The same of a response that nobody checked, for servers in development. */
export async function readUnverifiedAssertion(response: string): Promise<Assertion> {
  const assertion = one(await openResponse(decode(response)), 'Assertion')
  const [data] = elements(one(assertion, 'Subject'), assertionSpace, 'SubjectConfirmation').flatMap((found) => elements(found, assertionSpace, 'SubjectConfirmationData'))
  return read(assertion, { recipient: data?.getAttribute('Recipient') ?? '', ends: 0 })
}
