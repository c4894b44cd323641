// strongroom policy read, list, write, delete, fmt, why
import type { Data } from '../../sdk/secret.ts'
import { command, flag } from '../command.ts'
import { readSource } from '../pairs.ts'
import type { Shell } from '../shell.ts'
import { columns, show } from '../text.ts'
import { UsageError } from '../usage.ts'

const nameOf = (text: string | undefined): string => (text ?? '').trim().toLowerCase()

/** A policy's text, or why there is none: then it is not the command line that is wrong, but the file. */
async function read(name: string, shell: Shell): Promise<string | Error> {
  try {
    return await readSource(name, shell)
  } catch (cause) {
    return new Error(/ENOENT/.test(String(cause)) ? `open ${name}: no such file or directory` : (cause as Error).message)
  }
}

export const commands = [
  command({
    name: 'policy list',
    about: 'Lists the installed policies',
    arity: [0, 0],
    doing: () => 'listing policies',
    async run({ out, client }) {
      const names = ((await client.list('sys/policies/acl'))?.data?.keys ?? []) as string[]
      if (!out.isTable) return out.structured(names)
      for (const name of names) out.line(name)
      return 0
    },
  }),
  command({
    name: 'policy read',
    about: 'Prints the contents of a policy',
    takes: 'NAME',
    arity: [1, 1],
    doing: ([name]) => `reading policy named ${nameOf(name)}`,
    async run({ args, out, client }) {
      const secret = await client.read(`sys/policies/acl/${nameOf(args[0])}`)
      const policy = secret?.data?.policy
      if (typeof policy !== 'string' || policy === '') return out.fail(`No policy named: ${nameOf(args[0])}`)
      if (!out.isTable) return out.structured({ policy })
      out.line(policy.trim())
      return 0
    },
  }),
  command({
    name: 'policy write',
    about: 'Uploads a named policy from a file',
    takes: 'NAME PATH',
    arity: [2, 2],
    examples: [['From a file', 'policy write my-app my-app.hcl'], ['From standard input', 'policy write my-app -']],
    doing: ([name]) => `uploading policy ${nameOf(name)}`,
    async run({ args, out, client, shell }) {
      const policy = await read(args[1]!, shell)
      if (policy instanceof Error) return out.fail(`Error opening policy file: ${policy.message}`)
      await client.write(`sys/policies/acl/${nameOf(args[0])}`, { policy })
      return out.done(`Success! Uploaded policy: ${nameOf(args[0])}`)
    },
  }),
  command({
    name: 'policy delete',
    about: 'Deletes a policy by name',
    takes: 'NAME',
    arity: [1, 1],
    doing: ([name]) => `deleting ${nameOf(name)}`,
    async run({ args, out, client }) {
      await client.delete(`sys/policies/acl/${nameOf(args[0])}`)
      return out.done(`Success! Deleted policy: ${nameOf(args[0])}`)
    },
  }),
  command({
    name: 'policy fmt',
    about: 'Formats a policy on disk',
    takes: 'PATH',
    arity: [1, 1],
    local: true,
    async run({ args, out, shell }) {
      const { formatPolicy } = await import('../policy-format.ts')
      const given = await read(args[0]!, shell)
      if (given instanceof Error) return out.fail(`Error reading source file: ${given.message}`, 1)
      const text = formatPolicy(given)
      if (args[0] === '-') return out.raw(text)
      const { writeFileSync } = process.getBuiltinModule('node:fs')
      writeFileSync(args[0]!, text)
      return out.done(`Success! Formatted policy: ${args[0]}`)
    },
  }),
  command({
    name: 'policy why',
    about: 'Says why a request is allowed or denied',
    takes: 'OPERATION PATH [K=V...]',
    arity: [2, Infinity],
    detail: 'Asks the server, which policy, and which rule in it, decides for an operation (read, list, create, update, patch, delete) on a path: for the own token, or for the one that a flag names.',
    examples: [['Why can my application not write?', 'policy why -policy=my-app update secret/data/my-app']],
    flags: {
      policy: flag.list('Ask for a token with this policy; may be repeated.'),
      accessor: flag.text('Ask for the token with this accessor.'),
      entity: flag.text('Ask for this entity, by its id.'),
    },
    doing: ([, path]) => `asking about ${path}`,
    async run({ args, flags, out, client }) {
      const [operation = '', path = '', ...pairs] = args
      if (!['read', 'list', 'create', 'update', 'patch', 'delete', 'sudo', 'scan'].includes(operation)) throw new UsageError(`"${operation}" is no operation: read, list, create, update, patch, delete, sudo or scan`)
      const { data } = (await client.write('sys/policies/simulate', {
        operation,
        path,
        ...(pairs.length > 0 && { parameters: Object.fromEntries(pairs.map((pair) => pair.split(/=(.*)/s).slice(0, 2))) }),
        ...(flags.policy.length > 0 && { policies: flags.policy }),
        ...(flags.accessor && { accessor: flags.accessor }),
        ...(flags.entity && { entity_id: flags.entity }),
      }))!
      if (!out.isTable) return out.structured(data)
      return explain(data!, (text) => out.line(text))
    },
  }),
]

/** The simulator's answer in lines; what it holds beyond verdict, reason and rules is shown as it is. Exit code 0 for allowed, 1 for denied. */
function explain(data: Data, print: (text: string) => void): number {
  const { allowed, reason, rules, ...rest } = data
  print(`${allowed ? 'Allowed' : 'Denied'}${typeof reason === 'string' ? `: ${reason}` : ''}`)
  if (Array.isArray(rules) && rules.length > 0) {
    print('')
    print(columns((rules as Data[]).map((rule) => [show(rule.policy ?? ''), show(rule.path ?? ''), show(rule.capabilities ?? [])])))
  }
  for (const [key, value] of Object.entries(rest)) print(`${key}: ${show(value)}`)
  return allowed ? 0 : 1
}
