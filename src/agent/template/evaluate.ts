// Renders a parsed template. Bounded in steps, depth and output, whatever the data are.
import { Fault, invalid } from '../../kit/errors.ts'
import { type Functions, functions as builtIn } from './functions.ts'
import type { Node, Operand, Pipe, Template } from './parse.ts'
import { entries, isTrue, member, show } from './value.ts'

export interface RenderOptions {
  /** What `.` is at the start. */
  data?: unknown
  /** Functions beside the built-in ones: `secret`, `env` … */
  functions?: Functions
  /** A field or variable that is not there is an error instead of `<no value>`. */
  missingKeyFails?: boolean
}

const maxSteps = 200_000
const maxOutput = 16 * 1024 * 1024
const maxCalls = 50

/** What the template prints; throws `invalid` with the line of what failed, never with a value. */
export async function renderTemplate(template: Template, options: RenderOptions = {}): Promise<string> {
  const run = new Evaluation(template, options)
  await run.walk(template.body, options.data ?? {})
  return run.output
}

type Signal = 'break' | 'continue' | undefined

class Evaluation {
  output = ''
  readonly #template: Template
  readonly #functions: Functions
  readonly #strict: boolean
  #variables: [name: string, value: unknown][] = []
  #steps = 0
  #calls = 0

  constructor(template: Template, options: RenderOptions) {
    this.#template = template
    this.#functions = { ...builtIn, ...options.functions }
    this.#strict = options.missingKeyFails ?? false
    this.#variables.push(['', options.data ?? {}])
  }

  async walk(nodes: readonly Node[], dot: unknown): Promise<Signal> {
    const mark = this.#variables.length
    for (const node of nodes) {
      if (++this.#steps > maxSteps) throw invalid('template: takes too many steps')
      const signal = await this.#node(node, dot)
      if (signal) {
        this.#variables.length = mark
        return signal
      }
    }
    this.#variables.length = mark
    return undefined
  }

  async #node(node: Node, dot: unknown): Promise<Signal> {
    switch (node.kind) {
      case 'text':
        return this.#print(node.text)
      case 'print': {
        const value = await this.#pipe(node.pipe, dot)
        return node.pipe.declares.length > 0 ? undefined : this.#print(show(value))
      }
      case 'if':
      case 'with':
        return this.#branch(node, dot)
      case 'range':
        return this.#range(node, dot)
      case 'template':
        return this.#call(node, dot)
      default:
        return node.kind
    }
  }

  #print(text: string): undefined {
    this.output += text
    if (this.output.length > maxOutput) throw invalid('template: prints too much')
  }

  async #branch(node: Extract<Node, { kind: 'if' | 'with' | 'range' }>, dot: unknown): Promise<Signal> {
    const mark = this.#variables.length
    const value = await this.#pipe(node.pipe, dot)
    const signal = isTrue(value) ? await this.walk(node.body, node.kind === 'with' ? value : dot) : await this.walk(node.otherwise, dot)
    this.#variables.length = mark
    return signal
  }

  async #range(node: Extract<Node, { kind: 'if' | 'with' | 'range' }>, dot: unknown): Promise<Signal> {
    const mark = this.#variables.length
    const { declares } = node.pipe
    const items = itemsOf(await this.#pipe({ ...node.pipe, declares: [] }, dot), node.pipe.line)
    for (const [key, item] of items) {
      if (declares.length === 2) this.#variables.push([declares[0]!, key], [declares[1]!, item])
      else if (declares.length === 1) this.#variables.push([declares[0]!, item])
      const signal = await this.walk(node.body, item)
      this.#variables.length = mark
      if (signal === 'break') break
    }
    return items.length === 0 ? this.walk(node.otherwise, dot) : undefined
  }

  async #call(node: Extract<Node, { kind: 'template' }>, dot: unknown): Promise<Signal> {
    const body = this.#template.defined.get(node.name)
    if (!body) throw invalid(`template: line ${node.line}: template ${JSON.stringify(node.name)} is not defined`)
    if (++this.#calls > maxCalls) throw invalid(`template: line ${node.line}: templates call each other too deeply`)
    const data = node.pipe && (await this.#pipe(node.pipe, dot))
    const outer = this.#variables
    this.#variables = [['', data]]
    await this.walk(body, data)
    this.#variables = outer
    this.#calls--
    return undefined
  }

  async #pipe(pipe: Pipe, dot: unknown): Promise<unknown> {
    let value: unknown
    for (const [index, command] of pipe.commands.entries()) value = await this.#command(command, dot, index > 0 ? [value] : [])
    for (const name of pipe.declares) {
      if (!pipe.assigns) this.#variables.push([name, value])
      else this.#variable(name, pipe.line)[1] = value
    }
    return value
  }

  async #command(operands: readonly Operand[], dot: unknown, piped: unknown[]): Promise<unknown> {
    const [first, ...rest] = operands as [Operand, ...Operand[]]
    if (first.kind !== 'function') {
      if (rest.length > 0 || piped.length > 0) throw invalid(`template: line ${first.line}: only a function takes arguments`)
      return this.#operand(first, dot)
    }
    const values: unknown[] = []
    for (const operand of rest) {
      values.push(await this.#operand(operand, dot))
      // `and` and `or` look no further than they must.
      if ((first.name === 'and' || first.name === 'or') && isTrue(values.at(-1)) === (first.name === 'or')) return values.at(-1)
    }
    return this.#apply(first, [...values, ...piped])
  }

  async #apply({ name, line }: { name: string; line: number }, values: unknown[]): Promise<unknown> {
    if (++this.#steps > maxSteps) throw invalid('template: takes too many steps')
    const known = Object.hasOwn(this.#functions, name) ? this.#functions[name] : undefined
    if (!known) throw invalid(`template: line ${line}: function ${JSON.stringify(name)} is not known`)
    const [least, most] = known.arity
    if (values.length < least || values.length > most) throw invalid(`template: line ${line}: ${name} takes ${least === most ? least : `${least} to ${most}`} arguments, not ${values.length}`)
    try {
      return await known.run(...values)
    } catch (cause) {
      if (cause instanceof Fault && cause.code !== 'invalid') throw cause
      throw invalid(`template: line ${line}: ${name}: ${cause instanceof Fault ? cause.message : 'cannot use these arguments'}`)
    }
  }

  async #operand(operand: Operand, dot: unknown): Promise<unknown> {
    let value: unknown
    if (operand.kind === 'dot') value = dot
    else if (operand.kind === 'literal') value = operand.value
    else if (operand.kind === 'variable') value = this.#variable(operand.name, operand.line)[1]
    else if (operand.kind === 'function') value = await this.#apply(operand, [])
    else value = await this.#pipe(operand.pipe, dot)
    for (const name of operand.names) {
      const next = member(value, name)
      if (next === undefined && this.#strict) throw invalid(`template: line ${operand.line}: there is no ${JSON.stringify(name)}`)
      value = next
    }
    return value
  }

  #variable(name: string, line: number): [string, unknown] {
    const found = this.#variables.findLast(([known]) => known === name)
    if (!found) throw invalid(`template: line ${line}: variable "$${name}" is not declared`)
    return found
  }
}

function itemsOf(value: unknown, line: number): [unknown, unknown][] {
  if (value === null || value === undefined) return []
  if (Array.isArray(value)) return value.map((item, index) => [index, item])
  if (typeof value === 'object') return entries(value)
  if (typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= maxSteps) return Array.from({ length: value }, (_, index) => [index, index])
  throw invalid(`template: line ${line}: range needs a list or a map`)
}
