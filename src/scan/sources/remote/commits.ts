// The latest commits of a repository over the API of its host, without a clone: GitHub, GitLab, Bitbucket.
import type { Commit, Finding } from '../../finding.ts'
import { isTable, stringIn, tablesIn, type Table } from '../../formats/shape.ts'
import type { Scanner } from '../../match/scanner.ts'
import { ScanError } from '../../scan-error.ts'
import type { Warn } from '../directory.ts'
import { scanPatch } from '../stream.ts'
import { asJson, get } from './http.ts'

export interface RemoteOptions {
  endpoint?: string | undefined
  /** Commits, the latest first; default 100. */
  limit?: number
  /** A branch, tag or commit to begin with. */
  revision?: string | undefined
  token?: string | undefined
  warn: Warn
}

interface Host {
  endpoint: string
  /** Where its token lies in the environment. */
  variable: string
  headers(token: string): Record<string, string>
  list(repository: string, page: number, revision?: string): string
  commits(body: unknown): Commit[]
  patch(repository: string, id: string): string
  patchHeaders?: Record<string, string>
  /** The patch in an answer that is none itself. */
  read?(body: unknown): string
}

const pageSize = 100
const listOf = (body: unknown): Table[] => (Array.isArray(body) ? body.filter(isTable) : [])
const inner = (table: Table, ...keys: string[]): Table => keys.reduce<Table>((at, key) => (isTable(at[key]) ? at[key] : {}), table)
const text = (table: Table, key: string): string => (typeof table[key] === 'string' ? table[key] : '')
const firstLine = (message: string): string => message.split('\n', 1)[0]!
const query = (values: Record<string, string | number | undefined>): string =>
  '?' + new URLSearchParams(Object.entries(values).flatMap(([name, value]): [string, string][] => (value === undefined ? [] : [[name, String(value)]]))).toString()
const path = (repository: string): string => repository.split('/').map(encodeURIComponent).join('/')

const hosts: Record<string, Host> = {
  // https://docs.github.com/en/rest/commits/commits
  github: {
    endpoint: 'https://api.github.com', variable: 'GITHUB_TOKEN',
    headers: (token) => ({ authorization: `Bearer ${token}`, 'x-github-api-version': '2022-11-28' }),
    list: (repository, page, revision) => `repos/${path(repository)}/commits${query({ per_page: pageSize, page, sha: revision })}`,
    commits: (body) => listOf(body).map((one) => {
      const author = inner(one, 'commit', 'author')
      return { id: text(one, 'sha'), author: text(author, 'name'), email: text(author, 'email'), date: text(author, 'date'), message: firstLine(text(inner(one, 'commit'), 'message')) }
    }),
    patch: (repository, id) => `repos/${path(repository)}/commits/${id}`,
    patchHeaders: { accept: 'application/vnd.github.diff' },
  },
  // https://docs.gitlab.com/api/commits/
  gitlab: {
    endpoint: 'https://gitlab.com', variable: 'GITLAB_TOKEN',
    headers: (token) => ({ 'private-token': token }),
    list: (repository, page, revision) => `api/v4/projects/${encodeURIComponent(repository)}/repository/commits${query({ per_page: pageSize, page, ref_name: revision })}`,
    commits: (body) => listOf(body).map((one) => ({ id: text(one, 'id'), author: text(one, 'author_name'), email: text(one, 'author_email'), date: text(one, 'authored_date'), message: text(one, 'title') })),
    patch: (repository, id) => `api/v4/projects/${encodeURIComponent(repository)}/repository/commits/${id}/diff${query({ per_page: pageSize })}`,
    read: (body) => listOf(body).map((one) => `diff --git a/x b/x\n--- a/x\n+++ b/${text(one, 'new_path').replace(/[\r\n]/g, ' ')}\n${text(one, 'diff')}`).join('\n'),
  },
  // https://developer.atlassian.com/cloud/bitbucket/rest/api-group-commits/
  bitbucket: {
    endpoint: 'https://api.bitbucket.org', variable: 'BITBUCKET_TOKEN',
    headers: (token) => ({ authorization: `Bearer ${token}` }),
    list: (repository, page, revision) => `2.0/repositories/${path(repository)}/commits${revision ? `/${encodeURIComponent(revision)}` : ''}${query({ pagelen: pageSize, page })}`,
    commits: (body) => (isTable(body) ? tablesIn(body, 'values') : []).map((one) => {
      const [, name = '', email = ''] = /^([^<]*)<([^>]*)>/.exec(text(inner(one, 'author'), 'raw')) ?? ['', text(inner(one, 'author'), 'raw')]
      return { id: stringIn(one, 'hash') ?? '', author: name.trim(), email, date: text(one, 'date'), message: firstLine(text(one, 'message')) }
    }),
    patch: (repository, id) => `2.0/repositories/${path(repository)}/diff/${id}`,
  },
}

export const isHost = (name: string): boolean => Object.hasOwn(hosts, name)

/** The token of a host in the environment. */
export const tokenOf = (name: string): string | undefined => process.env[hosts[name]!.variable]

const mostPatch = 64 << 20
const mostList = 16 << 20

/** Findings in what the commits added, each secret of a file once, at the oldest commit that was looked at. Throws ScanError. */
export async function scanCommits(scanner: Scanner, name: string, repository: string, options: RemoteOptions): Promise<Finding[]> {
  const host = hosts[name]!
  if (!/^[\w.~/-]{3,300}$/.test(repository) || !repository.includes('/')) throw new ScanError('name the repository as OWNER/NAME')
  const base = new URL(`${options.endpoint ?? host.endpoint}`.replace(/\/?$/, '/'))
  const headers = options.token ? host.headers(options.token) : {}
  const found = new Map<string, Finding>()
  for (const commit of await listCommits(host, base, repository, headers, options)) {
    try {
      const url = new URL(host.patch(repository, commit.id), base)
      const reply = await get(url, { ...headers, ...host.patchHeaders }, mostPatch)
      const patch = host.read ? Buffer.from(host.read(asJson(reply, url))) : reply.body
      for (const finding of scanPatch(scanner, [patch])) found.set(`${finding.fingerprint} ${finding.file}`, { ...finding, commit })
    } catch (error) {
      if (!(error instanceof ScanError)) throw error
      options.warn(commit.id, error.message)
    }
  }
  return [...found.values()]
}

async function listCommits(host: Host, base: URL, repository: string, headers: Record<string, string>, { limit = 100, revision }: RemoteOptions): Promise<Commit[]> {
  const commits: Commit[] = []
  for (let page = 1; commits.length < limit; page++) {
    const url = new URL(host.list(repository, page, revision), base)
    const listed = host.commits(asJson(await get(url, headers, mostList), url)).filter((commit) => /^[\da-f]{7,64}$/.test(commit.id))
    commits.push(...listed)
    if (listed.length < pageSize) break
  }
  return commits.slice(0, limit)
}
