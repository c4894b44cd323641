// The world outside a command: streams, terminal, environment. Tests bring their own.
import { Environment } from './environment.ts'
import { isTerminal, writeOut } from './files.ts'

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

/** The process's own streams, written at once: process.stdout costs milliseconds to make. */
export function processShell(): Shell {
  const environment = new Environment()
  const terminal = isTerminal(1)
  return {
    environment,
    terminal,
    get interactive() {
      return terminal && isTerminal(0)
    },
    colour: terminal && !environment.noColor,
    out: (text) => writeOut(1, text),
    err: (text) => writeOut(2, text),
    async readInput() {
      const chunks: Buffer[] = []
      for await (const chunk of process.stdin) chunks.push(chunk as Buffer)
      return Buffer.concat(chunks).toString('utf8')
    },
    input: () => process.stdin as AsyncIterable<Uint8Array>,
    retryWait: 1000,
  }
}
