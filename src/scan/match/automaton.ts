// A dense Aho-Corasick automaton over bytes: one look-up per byte finds every keyword, whatever its ASCII case and
// whichever separators it is written with.
// What a text visits most lies together in memory: states stand in the order of their depth, frequent letters in the first
// columns, and bytes that no keyword holds share one. The arrays may be shared between threads.

export interface Automaton {
  /** Column of each byte, in bytes of the table. */
  columns: Uint16Array
  /** `table[(state + columns[byte]) / 4]` is the next state; a state is the offset of its row in bytes. */
  table: Int32Array
  /** Bytes of a row. */
  width: number
  /** States from here on end at least one keyword. */
  accepting: number
  /** Keywords that end in the accepting row number n, counted from `accepting`: `ends[endsAt[n]]` up to `ends[endsAt[n + 1]]`. */
  ends: Int32Array
  endsAt: Int32Array
  /** Bytes of the longest keyword: so many bytes decide the state, whatever stood before. */
  longest: number
}

const separators = '-_.'

/** A keyword as the automaton sees it: those that differ in case and separators alone are one. */
export const folded = (keyword: string): string => (/^[a-z\d_ ]*$/.test(keyword) ? keyword : keyword.toLowerCase().replace(/[-_.]/g, '_'))

const frequent = 'etaoinsrlhdcumpgfybwvkxjzq'
const most = 1 << 20

/** The words as a tree of numbered nodes, each with a list of its children; node 0 is the root. */
interface Trie {
  size: number
  child: Int32Array
  sibling: Int32Array
  column: Uint8Array
  /** The keyword that ends at the node, plus one; 0 for none. */
  word: Int32Array
  /** The root's children by column: the one list that is long and often asked. */
  first: Int32Array
}

/**
 * Builds the automaton of the words, which are folded and reported by their index in the list; throws where a word is empty, is
 * there twice, or all together are too many.
 */
export function buildAutomaton(words: string[]): Automaton {
  const encoded = words.map((word) => Buffer.from(word, 'utf8'))
  const { columns, width } = columnsOf(encoded)
  const trie = plant(encoded, columns)
  const longest = encoded.reduce((length, word) => Math.max(length, word.length), 0)
  return { ...fill(trie, width), columns: Uint16Array.from(columns, (column) => column * 4), width: width * 4, longest }
}

/** A column for each byte that a keyword holds, capitals as their small letters and separators as one; 0 for all others. */
function columnsOf(words: Buffer[]): { columns: Uint8Array; width: number } {
  const columns = new Uint8Array(256)
  for (const word of words) for (const byte of word) columns[byte] = 1
  let width = 1
  for (const byte of Buffer.from(frequent)) if (columns[byte] === 1) columns[byte] = ++width
  columns.forEach((held, byte) => {
    if (held === 1) columns[byte] = ++width
  })
  for (let byte = 65; byte <= 90; byte++) columns[byte] = columns[byte + 32]!
  for (const byte of Buffer.from(separators)) columns[byte] = columns[95 /* _ */]!
  return { columns, width: 1 << Math.ceil(Math.log2(width + 1)) }
}

function plant(words: Buffer[], columns: Uint8Array): Trie {
  const room = 1 + words.reduce((sum, word) => sum + word.length, 0)
  if (room > most) throw new Error('too many keywords')
  const trie = { size: 1, child: new Int32Array(room), sibling: new Int32Array(room), column: new Uint8Array(room), word: new Int32Array(room), first: new Int32Array(256) }
  const { child, sibling, column } = trie
  for (let index = 0; index < words.length; index++) {
    const word = words[index]!
    let node = 0
    for (let at = 0; at < word.length; at++) {
      const wanted = columns[word[at]!]!
      let next = childAt(trie, node, wanted)
      if (next === 0) {
        next = trie.size++
        if (node === 0) trie.first[wanted] = next
        column[next] = wanted
        sibling[next] = child[node]!
        child[node] = next
      }
      node = next
    }
    if (node === 0 || trie.word[node] !== 0) throw new Error(`the keyword ${JSON.stringify(word.toString())} is empty or there twice`)
    trie.word[node] = index + 1
  }
  return trie
}

function childAt({ child, sibling, column, first }: Trie, node: number, wanted: number): number {
  if (node === 0) return first[wanted]!
  let next = child[node]!
  while (next !== 0 && column[next] !== wanted) next = sibling[next]!
  return next
}

/** The nodes breadth first, and for each the node of the longest end of its path that begins another word. */
function link(trie: Trie): { order: Int32Array; fail: Int32Array } {
  const { child, sibling, column } = trie
  const order = new Int32Array(trie.size)
  const fail = new Int32Array(trie.size)
  let count = 1
  for (let head = 0; head < count; head++) {
    const node = order[head]!
    for (let next = child[node]!; next !== 0; next = sibling[next]!) {
      order[count++] = next
      if (node === 0) continue
      let back = fail[node]!
      let found = childAt(trie, back, column[next]!)
      while (found === 0 && back !== 0) {
        back = fail[back]!
        found = childAt(trie, back, column[next]!)
      }
      fail[next] = found
    }
  }
  return { order, fail }
}

/** Numbers the states, accepting ones last, so that one comparison per byte tells them; a row is its failure's with the own children. */
function fill(trie: Trie, width: number): Pick<Automaton, 'table' | 'accepting' | 'ends' | 'endsAt'> {
  const { order, fail } = link(trie)
  /** The nearest node on the way of failures, the node itself included, that ends a word. */
  const ending = new Int32Array(trie.size)
  let accepted = 0
  for (const node of order) {
    ending[node] = trie.word[node] !== 0 ? node : ending[fail[node]!]!
    if (ending[node] !== 0) accepted++
  }
  const accepting = (trie.size - accepted) * width * 4
  const state = new Int32Array(trie.size)
  let plain = 0
  let last = accepting
  for (const node of order) {
    state[node] = ending[node] !== 0 ? last : plain
    if (ending[node] !== 0) last += width * 4
    else plain += width * 4
  }
  const table = new Int32Array(trie.size * width)
  const ends: number[] = []
  const endsAt = new Int32Array(accepted + 1)
  let row = 0
  for (const node of order) {
    const own = state[node]! >> 2
    const back = state[fail[node]!]! >> 2
    if (node !== 0) table.copyWithin(own, back, back + width)
    for (let next = trie.child[node]!; next !== 0; next = trie.sibling[next]!) table[own + trie.column[next]!] = state[next]!
    if (ending[node] === 0) continue
    for (let at = ending[node]!; at !== 0; at = ending[fail[at]!]!) ends.push(trie.word[at]! - 1)
    endsAt[++row] = ends.length
  }
  return { table, accepting, ends: Int32Array.from(ends), endsAt }
}

/** The same automaton with its table where other threads can read it. */
export function share(automaton: Automaton): Automaton {
  const table = new Int32Array(new SharedArrayBuffer(automaton.table.byteLength))
  table.set(automaton.table)
  return { ...automaton, table }
}
