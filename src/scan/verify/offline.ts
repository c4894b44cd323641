// What a secret says of itself, without asking anybody: when a token ends, what a key is for, whose account it belongs to.
import { createHash, createPrivateKey, createPublicKey } from 'node:crypto'
import type { Finding } from '../finding.ts'
import { checksums } from '../rules/checksum.ts'
import { accountOf } from './aws.ts'

export interface Facts {
  /** False: it cannot work any more, or never did. */
  plausible: boolean
  facts: Record<string, string>
}

/** Facts about the secret of a finding; `now` in seconds decides what has ended. */
export function examine(finding: Finding, now: number): Facts {
  const { secret } = finding
  if (/^eyJ[\w-]+\.eyJ[\w-]+\./.test(secret)) return examineJwt(secret, now)
  if (/-----BEGIN [A-Z ]*PRIVATE KEY-----/.test(secret)) return examineKey(secret)
  // A provider may change its checksums: one that is wrong does not keep it from being asked.
  if (Object.hasOwn(checksums, finding.rule)) return { plausible: true, facts: { checksum: checksums[finding.rule]!(secret) ? 'right' : 'wrong' } }
  const account = /^A(?:KIA|SIA)/.test(secret) ? accountOf(secret) : null
  return { plausible: true, facts: account === null ? {} : { account } }
}

function examineJwt(token: string, now: number): Facts {
  try {
    const [header, claims] = token.split('.', 2).map((part) => JSON.parse(Buffer.from(part, 'base64url').toString('utf8')) as Record<string, unknown>)
    const facts: Record<string, string> = {}
    const note = (name: string, value: unknown): void => {
      if (typeof value === 'string' || typeof value === 'number') facts[name] = String(value).slice(0, 200)
    }
    note('algorithm', header?.alg)
    for (const name of ['iss', 'sub', 'aud', 'scope']) note(name, claims?.[name])
    const end = claims?.exp
    if (typeof end !== 'number' || !Number.isFinite(end) || Math.abs(end) > 8e12) return { plausible: true, facts }
    return { plausible: end > now, facts: { ...facts, expires: new Date(end * 1000).toISOString() } }
  } catch {
    return { plausible: false, facts: {} }
  }
}

function examineKey(pem: string): Facts {
  const text = pem.replaceAll('\\n', '\n')
  if (/ENCRYPTED/.test(text)) return { plausible: true, facts: { key: 'encrypted' } }
  try {
    const key = createPrivateKey(text)
    const { modulusLength, namedCurve } = key.asymmetricKeyDetails ?? {}
    const spki = createPublicKey(key).export({ type: 'spki', format: 'der' })
    return { plausible: true, facts: { key: [key.asymmetricKeyType, modulusLength ?? namedCurve].filter(Boolean).join(' '), 'public key': `sha256:${createHash('sha256').update(spki).digest('hex')}` } }
  } catch {
    return { plausible: true, facts: {} }
  }
}
