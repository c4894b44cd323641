// strongroom version, version-history
import type { Data } from '../../sdk/secret.ts'
import { command } from '../command.ts'
import { show } from '../text.ts'

export const commands = [
  command({
    name: 'version',
    about: 'Prints the version of the command line',
    arity: [0, 0],
    local: true,
    async run({ out }) {
      const { version, apiVersion } = await import('../../version.ts')
      // Scripts and test suites read the second word as Vault's version and choose by it what to call.
      out.line(`Vault v${apiVersion} (compatible; Strongroom v${version})`)
      return 0
    },
  }),
  command({
    name: 'version-history',
    about: 'Prints the versions that the server has run',
    arity: [0, 0],
    doing: () => 'reading version history',
    async run({ out, client }) {
      const secret = await client.list('sys/version-history')
      if (secret === null) return out.fail('No version history')
      if (!out.isTable) return out.structured(secret.data)
      const info = (secret.data!.key_info ?? {}) as Record<string, Data>
      out.rows(['Version', 'Installation Time', 'Build Date'], (secret.data!.keys as string[]).map((version) => [version, show(info[version]?.timestamp_installed ?? ''), show(info[version]?.build_date ?? '')]))
      return 0
    },
  }),
]
