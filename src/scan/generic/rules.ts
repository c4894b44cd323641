// The rules that findings of the generic detectors carry; the detectors decide, so that the patterns here never run.
import type { Rule } from '../rule.ts'

const generic = (id: string, about: string, source: string): Rule => ({
  id, about, source, keywords: [], pattern: /(?!)/, generic: true, hits: [], misses: [],
})

const cwe = (number: number): string => `https://cwe.mitre.org/data/definitions/${number}.html`

export const genericPassword = generic('generic-password', 'A password written beside a name that says so', cwe(259))
export const genericSecret = generic('generic-secret', 'A key, token or secret written beside a name that says so', cwe(798))
export const uriCredentials = generic('uri-credentials', 'A password in a URI', 'https://www.rfc-editor.org/rfc/rfc3986#section-3.2.1')
export const basicAuthorization = generic('basic-authorization', 'User and password of HTTP Basic authentication', 'https://www.rfc-editor.org/rfc/rfc7617')
export const bearerToken = generic('bearer-token', 'A bearer token of HTTP', 'https://www.rfc-editor.org/rfc/rfc6750')
export const sqlPassword = generic('sql-password', 'The password of a database user in SQL', 'https://www.postgresql.org/docs/current/sql-createrole.html')
export const commandPassword = generic('command-password', 'A password among the arguments of a command', cwe(214))
export const loggedSecret = generic('practice-logged-secret', 'A secret is written to a log or into an error', cwe(532))
export const loggedEnvironment = generic('practice-logged-environment', 'The whole environment, secrets included, is written to a log', cwe(532))
export const plainTextSecret = generic('practice-plain-text-secret', 'A secret is written to a file as plain text', cwe(312))
export const layerSecret = generic('practice-image-secret', 'A secret is set in a layer of an image, where it stays', 'https://docs.docker.com/build/building/secrets/')

export const genericRules: Rule[] = [
  genericPassword, genericSecret, uriCredentials, basicAuthorization, bearerToken, sqlPassword, commandPassword,
  loggedSecret, loggedEnvironment, plainTextSecret, layerSecret,
]
