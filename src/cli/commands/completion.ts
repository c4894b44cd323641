// strongroom completion bash|zsh|fish
import { command } from '../command.ts'
import { UsageError } from '../usage.ts'

export const commands = [
  command({
    name: 'completion',
    about: 'Print the completion script of a shell',
    takes: 'bash|zsh|fish',
    arity: [1, 1],
    local: true,
    examples: [['In ~/.bashrc', 'completion bash >> ~/.bashrc']],
    async run({ args, out, catalogue }) {
      const { completionFor } = await import('../completion.ts')
      const script = completionFor(args[0]!, await catalogue())
      if (script === undefined) throw new UsageError(`No completion for "${args[0]}": bash, zsh or fish`)
      out.line(script.trimEnd())
      return 0
    },
  }),
]
