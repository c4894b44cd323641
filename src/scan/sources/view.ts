// How some kinds of text are seen by the matcher, line by line as they stand: the strings of Jupyter notebooks without their
// escapes, logs without the codes that colour a terminal.

const escape = 0x1b
const backslash = 0x5c
const controlCodes = /\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[@-Z\\-_])/g
const simple: Record<string, string> = { n: ' ', t: '\t', r: ' ' }

/** The bytes as they are to be matched; the same where nothing stands in the way. Lines keep their numbers. */
export function viewOf(path: string, bytes: Buffer): Buffer {
  let seen = bytes
  if (path.endsWith('.ipynb') && bytes.includes(backslash)) {
    const plain = seen.toString('latin1').replace(/^([ \t]*)"([^"\\\n]*(?:\\.[^"\\\n]*)*)",?(?=\r?$)/gm, '$1$2')
    seen = Buffer.from(plain.replace(/\\(["\\/ntr])/g, (_, mark: string) => simple[mark] ?? mark), 'latin1')
  }
  if (seen.includes(escape)) seen = Buffer.from(seen.toString('latin1').replace(controlCodes, ''), 'latin1')
  return seen
}
