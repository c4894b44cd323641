// The world outside a command: streams, terminal, environment. Tests bring their own.
import { Environment } from './environment.ts'

export interface Shell {
  environment: Environment
  /** True when people read the output. */
  terminal: boolean
  /** True when a person can be asked: the input is a terminal too. */
  interactive: boolean
  colour: boolean
  out(text: string | Uint8Array): void
  err(text: string): void
  /** All of standard input, once. */
  readInput(): Promise<string>
  input(): AsyncIterable<Uint8Array>
  /** Milliseconds before a request is tried again. */
  retryWait: number
}

/** The process's own streams. Where the reader of the output has gone, the process ends quietly. */
export function processShell(): Shell {
  const environment = new Environment()
  const terminal = process.stdout.isTTY === true
  const gone = (error: NodeJS.ErrnoException): void => process.exit(error.code === 'EPIPE' ? 0 : 1)
  process.stdout.on('error', gone)
  process.stderr.on('error', gone)
  return {
    environment,
    terminal,
    get interactive() {
      return terminal && process.stdin.isTTY === true
    },
    colour: terminal && !environment.noColor,
    out: (text) => void process.stdout.write(text),
    err: (text) => void process.stderr.write(text),
    async readInput() {
      const chunks: Buffer[] = []
      for await (const chunk of process.stdin) chunks.push(chunk as Buffer)
      return Buffer.concat(chunks).toString('utf8')
    },
    input: () => process.stdin as AsyncIterable<Uint8Array>,
    retryWait: 1000,
  }
}
