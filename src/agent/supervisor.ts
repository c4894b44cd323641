// One program that runs with secrets in its environment: started when they are there, restarted when they change.
import { type ChildProcess, spawn } from 'node:child_process'
import type { Supervised } from './config.ts'
import type { Variables } from './rendering.ts'

const patience = 30_000

export class Supervisor {
  readonly #config: Supervised
  readonly #variables: Variables
  readonly #ended: (code: number) => void
  #child: ChildProcess | null = null
  #turn: Promise<void> = Promise.resolve()

  /** `ended` is told the exit code when the program ends by itself. */
  constructor(config: Supervised, variables: Variables, ended: (code: number) => void) {
    this.#config = config
    this.#variables = variables
    this.#ended = ended
  }

  /** Runs the program with these variables beside the agent's own. */
  run(values: Record<string, string>): Promise<void> {
    return this.#inTurn(async () => {
      if (this.#child !== null) {
        if (this.#config.restart_on_secret_changes === 'never') return
        await this.#end()
      }
      const [program, ...rest] = this.#config.command as [string, ...string[]]
      const child = spawn(program, rest, { stdio: 'inherit', env: { ...this.#variables, ...values } })
      this.#child = child
      child.once('error', () => this.#gone(child, 127))
      child.once('exit', (code) => this.#gone(child, code ?? 1))
    })
  }

  /** Passes a signal on. */
  signal(name: NodeJS.Signals): void {
    this.#child?.kill(name)
  }

  stop(): Promise<void> {
    return this.#inTurn(() => this.#end())
  }

  #gone(child: ChildProcess, code: number): void {
    if (this.#child !== child) return
    this.#child = null
    this.#ended(code)
  }

  async #end(): Promise<void> {
    const child = this.#child
    if (child === null) return
    this.#child = null
    const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()).once('error', () => resolve()))
    child.kill(this.#config.restart_stop_signal as NodeJS.Signals)
    const timer = setTimeout(() => child.kill('SIGKILL'), patience)
    await exited
    clearTimeout(timer)
  }

  #inTurn(work: () => Promise<void>): Promise<void> {
    this.#turn = this.#turn.then(work, work)
    return this.#turn
  }
}
