// A dense Aho-Corasick automaton over bytes: one look-up per byte finds every keyword, whatever its ASCII case.
// What a text visits most lies together in memory: states stand in the order of their depth, frequent letters in the first
// columns, and bytes that no keyword holds share one. The arrays may be shared between threads.

export interface Automaton {
  /** Column of each byte. */
  columns: Uint8Array
  /** `table[state + columns[byte]]` is the next state; a state is the offset of its row. */
  table: Int32Array
  width: number
  /** States from here on end at least one keyword. */
  accepting: number
  /** Keywords that end in the accepting row number n, counted from `accepting`: `ends[endsAt[n]]` up to `ends[endsAt[n + 1]]`. */
  ends: Int32Array
  endsAt: Int32Array
  /** Bytes of the longest keyword: so many bytes decide the state, whatever stood before. */
  longest: number
}

interface Node {
  /** By column. */
  children: Map<number, Node>
  /** Keywords that end here, those of the failure node included once it is linked. */
  words: number[]
  fail: Node | null
  state: number
}

const frequent = 'etaoinsrlhdcumpgfybwvkxjzq'
const most = 1 << 20
const make = (): Node => ({ children: new Map(), words: [], fail: null, state: 0 })

/**
 * Builds the automaton of the words, which are reported by their index in the list; throws where a word is empty or
 * all together are too many. `shared` puts the tables where worker threads can read them.
 */
export function buildAutomaton(words: string[], shared = false): Automaton {
  const encoded = words.map((word) => Buffer.from(word.toLowerCase(), 'utf8'))
  const { columns, width } = columnsOf(encoded)
  const root = make()
  encoded.forEach((word, index) => {
    if (word.length === 0) throw new Error('a keyword is empty')
    let node = root
    for (const byte of word) {
      const column = columns[byte]!
      let child = node.children.get(column)
      if (!child) node.children.set(column, (child = make()))
      node = child
    }
    node.words.push(index)
  })
  const longest = encoded.reduce((most, word) => Math.max(most, word.length), 0)
  return { ...fill(link(root), width, shared), columns, width, longest }
}

/** A column for each byte that a keyword holds, capitals with their small letters; 0 for all others. */
function columnsOf(words: Buffer[]): { columns: Uint8Array; width: number } {
  const held = new Set(words.flatMap((word) => [...word]))
  const columns = new Uint8Array(256)
  let width = 1
  for (const byte of [...Buffer.from(frequent)].filter((letter) => held.has(letter))) columns[byte] = width++
  for (const byte of held) if (columns[byte] === 0) columns[byte] = width++
  for (let byte = 65; byte <= 90; byte++) columns[byte] = columns[byte + 32]!
  return { columns, width: 1 << Math.ceil(Math.log2(width)) }
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
function fill(order: Node[], width: number, shared: boolean): Pick<Automaton, 'table' | 'accepting' | 'ends' | 'endsAt'> {
  if (order.length > most) throw new Error('too many keywords')
  const place = (length: number): Int32Array => new Int32Array(shared ? new SharedArrayBuffer(length * 4) : new ArrayBuffer(length * 4))
  const ending = order.filter((node) => node.words.length > 0)
  const accepting = (order.length - ending.length) * width
  let plain = 0
  let last = accepting
  for (const node of order) {
    if (node.words.length > 0) {
      node.state = last
      last += width
    } else {
      node.state = plain
      plain += width
    }
  }
  const table = place(order.length * width)
  for (const node of order) {
    if (node.fail) table.copyWithin(node.state, node.fail.state, node.fail.state + width)
    for (const [column, child] of node.children) table[node.state + column] = child.state
  }
  const ends = place(ending.reduce((sum, node) => sum + node.words.length, 0))
  const endsAt = place(ending.length + 1)
  let count = 0
  ending.forEach((node, at) => {
    for (const word of node.words) ends[count++] = word
    endsAt[at + 1] = count
  })
  return { table, accepting, ends, endsAt }
}
