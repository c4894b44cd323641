// strongroom scan: the scanner reads its own arguments; only where it is to know the secrets of a store is a server asked.
import { command } from '../command.ts'

export const commands = [
  command({
    name: 'scan',
    about: 'Find secrets in files, git history and standard input',
    takes: '[arguments]',
    arity: [0, Infinity],
    local: true,
    rawArguments: true,
    run: async ({ args, shell }) => (await import('../../scan/cli.ts')).run(args, async () => (await import('../known-secrets.ts')).askStore(shell)),
  }),
  command({
    name: 'scan known',
    about: 'Save fingerprints of the secrets that you may read, to scan for them',
    takes: 'FILE [KEYFILE]',
    arity: [1, 2],
    detail: 'FILE holds keyed fingerprints and no value; KEYFILE the key that a scan needs beside it: keep it as you would a secret, for with it values that can be guessed can be guessed. Both get mode 0600. Every secret is read as you, and audited.',
    examples: [['Scan where no server is reached', 'scan known known.json known.key && strongroom scan --known known.json --known-key known.key .']],
    doing: () => 'asking for fingerprints',
    async run({ args: [file = '', keyFile], client, out }) {
      const { saveKey, saveKnown } = await import('../known-secrets.ts')
      if (keyFile !== undefined) await saveKey(client, keyFile)
      const { secrets, refused } = await saveKnown(client, file)
      if (refused > 0) out.warn(`${refused} folders or secrets are not open to this token`)
      return out.isTable ? out.done(`Success! Saved the fingerprints of ${secrets} values to ${file}`) : out.structured({ file, secrets, refused })
    },
  }),
]
