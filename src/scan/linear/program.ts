// A pattern as the instructions of a machine that follows all its threads at once (Thompson, CACM 1968).
import { ScanError } from '../scan-error.ts'
import type { Assertion, Tree } from './syntax.ts'

export const op = { bytes: 0, split: 1, jump: 2, save: 3, assert: 4, match: 5 } as const

export interface Program {
  ops: Uint8Array
  /** Of `bytes` the number of the set, of `split` and `jump` the next instruction (preferred first), of `save` the slot. */
  x: Int32Array
  y: Int32Array
  sets: Uint8Array[]
  assertions: Assertion[]
  slots: number
  /** Bytes of the longest match; Infinity when unbounded. */
  longest: number
}

const mostInstructions = 20_000

/** Throws ScanError when counted repetitions make the program too long. */
export function compile(tree: Tree, groups: number): Program {
  const ops: number[] = []
  const x: number[] = []
  const y: number[] = []
  const sets: Uint8Array[] = []
  const assertions: Assertion[] = []
  const emit = (kind: number, first = 0, second = 0): number => {
    if (ops.length >= mostInstructions) throw new ScanError('the repetitions of the pattern make it too large')
    x.push(first)
    y.push(second)
    return ops.push(kind) - 1
  }
  const optional = (lazy: boolean): ((end: number) => void) => {
    const at = emit(op.split)
    const inside = at + 1
    return (end) => {
      x[at] = lazy ? end : inside
      y[at] = lazy ? inside : end
    }
  }
  const write = (node: Tree): void => {
    if (node.kind === 'bytes') emit(op.bytes, sets.push(node.set) - 1)
    else if (node.kind === 'assert') emit(op.assert, assertions.push(node.what) - 1)
    else if (node.kind === 'sequence') node.of.forEach(write)
    else if (node.kind === 'group') {
      emit(op.save, node.number * 2)
      write(node.of)
      emit(op.save, node.number * 2 + 1)
    } else if (node.kind === 'choice') writeChoice(node.of)
    else if (node.kind === 'repeat') writeRepeat(node)
  }
  const writeChoice = (branches: Tree[]): void => {
    const jumps: number[] = []
    branches.forEach((branch, number) => {
      if (number === branches.length - 1) return write(branch)
      const close = optional(false)
      write(branch)
      jumps.push(emit(op.jump))
      close(ops.length)
    })
    for (const jump of jumps) x[jump] = ops.length
  }
  const writeRepeat = (node: Tree & { kind: 'repeat' }): void => {
    if (isEmpty(node.of)) return node.least > 0 ? write(node.of) : undefined
    for (let n = 0; n < node.least; n++) write(node.of)
    if (node.most === Infinity) {
      const start = ops.length
      const close = optional(node.lazy)
      write(node.of)
      emit(op.jump, start)
      close(ops.length)
      return
    }
    const closes: ((end: number) => void)[] = []
    for (let n = node.least; n < node.most; n++) {
      closes.push(optional(node.lazy))
      write(node.of)
    }
    for (const close of closes) close(ops.length)
  }
  emit(op.save, 0)
  write(tree)
  emit(op.save, 1)
  emit(op.match)
  return { ops: Uint8Array.from(ops), x: Int32Array.from(x), y: Int32Array.from(y), sets, assertions, slots: (groups + 1) * 2, longest: longestOf(tree) }
}

/** Whether nothing in the tree takes a byte or saves a place, so that repeating it means nothing. */
function isEmpty(node: Tree): boolean {
  if (node.kind === 'sequence' || node.kind === 'choice') return node.of.every(isEmpty)
  if (node.kind === 'repeat') return node.most === 0 || isEmpty(node.of)
  return node.kind === 'empty' || node.kind === 'assert'
}

function longestOf(node: Tree): number {
  if (node.kind === 'bytes') return 1
  if (node.kind === 'sequence') return node.of.reduce((sum, part) => sum + longestOf(part), 0)
  if (node.kind === 'choice') return node.of.reduce((most, part) => Math.max(most, longestOf(part)), 0)
  if (node.kind === 'group') return longestOf(node.of)
  if (node.kind !== 'repeat' || node.most === 0) return 0
  const inner = longestOf(node.of)
  return inner === 0 ? 0 : inner * node.most
}
