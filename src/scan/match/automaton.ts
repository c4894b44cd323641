// A dense Aho-Corasick automaton over bytes: one look-up per byte finds every keyword, whatever its ASCII case.
// Bytes that no keyword holds share a column and states stand in the order of their depth, so that the rows that a
// text visits most lie together; the arrays may be shared between threads.

export interface Automaton {
  /** Column of each byte. */
  columns: Uint8Array
  /** `table[(state << shift) + columns[byte]]` is the next state. */
  table: Uint16Array
  shift: number
  /** States from here on end at least one keyword. */
  accepting: number
  /** Keywords that end in the accepting state number n: `ends[endsAt[n]]` up to `ends[endsAt[n + 1]]`. */
  ends: Uint16Array
  endsAt: Uint16Array
}

interface Node {
  /** By column. */
  children: Map<number, Node>
  /** Keywords that end here, those of the failure node included once it is linked. */
  words: number[]
  fail: Node | null
  state: number
}

const most = 0xffff
const make = (): Node => ({ children: new Map(), words: [], fail: null, state: 0 })

/**
 * Builds the automaton of the words, which are reported by their index in the list; throws where a word is empty or
 * all together are too many. `shared` puts the tables where worker threads can read them.
 */
export function buildAutomaton(words: string[], shared = false): Automaton {
  const columns = new Uint8Array(256)
  const root = make()
  let width = 1
  words.forEach((word, index) => {
    if (word === '') throw new Error('a keyword is empty')
    let node = root
    for (const byte of Buffer.from(word.toLowerCase(), 'utf8')) {
      const column = (columns[byte] ||= width++)
      let child = node.children.get(column)
      if (!child) node.children.set(column, (child = make()))
      node = child
    }
    node.words.push(index)
  })
  for (let byte = 65; byte <= 90; byte++) columns[byte] = columns[byte + 32]!
  return fill(link(root), columns, Math.ceil(Math.log2(width)), shared)
}

/** The nodes breadth first, each with its failure link: the longest end of its path that begins another word. */
function link(root: Node): Node[] {
  const order = [root]
  for (const node of order) {
    for (const [column, child] of node.children) {
      let fail = node.fail
      while (fail && !fail.children.has(column)) fail = fail.fail
      child.fail = fail?.children.get(column) ?? root
      if (child.fail.words.length > 0) child.words = child.words.concat(child.fail.words)
      order.push(child)
    }
  }
  return order
}

/** Numbers the states, accepting ones last, so that one comparison per byte tells them; a row is its failure's with the own children. */
function fill(order: Node[], columns: Uint8Array, shift: number, shared: boolean): Automaton {
  if (order.length > most) throw new Error('too many keywords')
  const place = (length: number): Uint16Array => new Uint16Array(shared ? new SharedArrayBuffer(length * 2) : new ArrayBuffer(length * 2))
  const ending = order.filter((node) => node.words.length > 0)
  const accepting = order.length - ending.length
  let plain = 0
  let last = accepting
  for (const node of order) node.state = node.words.length > 0 ? last++ : plain++
  const table = place(order.length << shift)
  for (const node of order) {
    const row = node.state << shift
    if (node.fail) table.copyWithin(row, node.fail.state << shift, (node.fail.state + 1) << shift)
    for (const [column, child] of node.children) table[row + column] = child.state
  }
  const ends = place(ending.reduce((sum, node) => sum + node.words.length, 0))
  const endsAt = place(ending.length + 1)
  let count = 0
  ending.forEach((node, at) => {
    for (const word of node.words) ends[count++] = word
    endsAt[at + 1] = count
  })
  return { columns, table, shift, accepting, ends, endsAt }
}
